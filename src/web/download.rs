//! Files for the disk of the reader.

use actix_web::HttpResponse;

/// A file of this name, which is of letters, digits, dots, hyphens and underscores.
pub(crate) fn download(kind: &'static str, name: &str, body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponse::Ok().content_type(kind).insert_header(attachment(name)).body(body.into())
}

/// The header that says so.
pub(crate) fn attachment(name: &str) -> (&'static str, String) {
    ("content-disposition", format!("attachment; filename=\"{name}\""))
}

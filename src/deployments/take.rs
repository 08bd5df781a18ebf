//! `POST /deployments/{token}`: what a pipeline reports.
//!
//! The token of the service is a part of the address, as with reports of batches, so that `curl` and every kind of webhook can
//! report. An address is written down by proxies and pipelines where a header is not, so the token may be in a header instead:
//! `POST /deployments/{service}` with `Authorization: Bearer`.

use super::{
    Deployer, Deployers,
    record::{Source, keep},
    report::{Report, read},
};
use crate::{
    gate::{Housekeeping, Tx},
    web::{
        Console,
        posted::{answer, not_recorded, refuse_token, whole},
    },
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};

/// Bytes of a body: the longest texts in the longest script, with room.
const MOST: usize = 64 * 1024;

/// Writes down what a pipeline reported, and says whether it was not known.
#[derive(Clone, Debug)]
pub(crate) struct KeepDeployment {
    pub report: Report,
}

impl Housekeeping for KeepDeployment {
    const NAME: &'static str = "deployments.report";
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        keep(tx, &self.report, Source::Token).await
    }
}

/// `POST /deployments/{token}`
pub(crate) async fn take(
    console: web::Data<Console>,
    deployers: web::Data<Deployers>,
    named: web::Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let shown = request.headers().get(header::AUTHORIZATION);
    let Some(deployer) = admitted(&deployers, &named, shown) else { return refused(shown.is_some()) };
    let read = match whole(body, MOST, "shorten the notes").await {
        Ok(body) => read(&body, &deployer.service, console.clock.now()).map_err(|why| (StatusCode::BAD_REQUEST, why)),
        Err(refused) => Err(refused),
    };
    let report = match read {
        Ok(report) => report,
        Err((status, why)) => {
            tracing::warn!(service = deployer.service, status = status.as_u16(), why, "a deployment was not taken");
            return answer(HttpResponseBuilder::new(status), &why);
        }
    };
    match console.gate.run_housekeeping(&KeepDeployment { report }).await {
        Ok(true) => answer(HttpResponse::Created(), "recorded"),
        Ok(false) => answer(HttpResponse::Ok(), "was recorded before"),
        Err(error) => {
            tracing::error!(service = deployer.service, %error, "a deployment could not be written down");
            not_recorded()
        }
    }
}

/// Whose token it is: the one in the header, and else the one in the address.
fn admitted<'d>(deployers: &'d Deployers, named: &str, shown: Option<&header::HeaderValue>) -> Option<&'d Deployer> {
    let Some(shown) = shown else { return deployers.iter().find(|deployer| deployer.token.is(named)) };
    let shown = shown.to_str().unwrap_or_default();
    deployers.iter().find(|deployer| deployer.service == named && deployer.token.is_shown_in(shown))
}

fn refused(by_header: bool) -> HttpResponse {
    if !by_header {
        return answer(HttpResponse::NotFound(), "no service has this token");
    }
    refuse_token("post to /deployments/ and the service, and show the token of that service")
}

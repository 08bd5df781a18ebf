//! E-mail: one message for each person, in one thread for each alert, never unencrypted outside this machine.

use super::{
    Message, What,
    send::Answer,
    text::{Joined, Said, Setting},
};
use crate::{clock::Instant, id::DeliveryId, outgoing};
use lettre::{
    Address, SmtpTransport, Transport as _,
    message::{
        Mailbox, MessageBuilder, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use std::{fmt, fmt::Write as _, time::Duration};
use ureq::http::uri::Authority;

/// How long a server may take for one of the up to eleven steps of a delivery.
const STEP: Duration = Duration::from_secs(5);
/// Characters of what a server said.
const SHOWN: usize = 200;
/// Characters of a subject: mail programs show fewer.
const SUBJECT: usize = 200;

/// The mail server, the sender and the recipients of a channel.
#[derive(Clone)]
pub(crate) struct Mail {
    transport: SmtpTransport,
    host: String,
    from: Mailbox,
    to: Vec<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.host)
    }
}

impl Mail {
    /// `smtp` is `smtps://host`, `smtp+starttls://host` or, on this machine alone, `smtp://localhost`, each with a port where it is
    /// not the usual one. `login` is `user:password`; `ca` is the certificate of an authority of one's own, in PEM. `to` is left out where
    /// each person has an address of their own.
    ///
    /// # Errors
    /// What is wrong, without the login.
    pub(crate) fn new(
        smtp: &str,
        login: Option<&str>,
        from: &str,
        to: Option<&[String]>,
        ca: Option<&[u8]>,
    ) -> Result<Self, String> {
        let (scheme, rest) = smtp.split_once("://").unwrap_or(("", smtp));
        let authority: Authority = rest
            .trim_end_matches('/')
            .parse()
            .map_err(|_| "its smtp must be such as smtps://mail.example.com or smtp+starttls://mail.example.com:587")?;
        if rest.contains('@') {
            return Err("its smtp holds a login; write it as `login`".to_owned());
        }
        let host = authority.host().to_owned();
        let (tls, port) = match scheme {
            "smtps" => (Tls::Wrapper(parameters(&host, ca)?), 465),
            "smtp+starttls" => (Tls::Required(parameters(&host, ca)?), 587),
            "smtp" if outgoing::is_loopback(&host) => (Tls::None, 25),
            "smtp" => {
                return Err(
                    "its smtp must begin with smtps:// or smtp+starttls://, for others could read what is sent"
                        .to_owned(),
                );
            }
            _ => return Err("its smtp must begin with smtps:// or smtp+starttls://".to_owned()),
        };
        let mut builder = SmtpTransport::builder_dangerous(host.trim_matches(['[', ']']))
            .port(authority.port_u16().unwrap_or(port))
            .tls(tls)
            .timeout(Some(STEP));
        if let Some(login) = login {
            let (user, password) = login.split_once(':').ok_or("its login must be user:password")?;
            builder = builder.credentials(Credentials::new(user.to_owned(), password.to_owned()));
        }
        let from = mailbox(from).map_err(|error| format!("its from {error}"))?;
        let mut addresses = Vec::new();
        for text in to.into_iter().flatten() {
            let address = mailbox(text).map_err(|error| format!("its to {error}"))?.email.to_string();
            if addresses.contains(&address) {
                return Err("an address of its to is there twice".to_owned());
            }
            addresses.push(address);
        }
        if to.is_some() && addresses.is_empty() {
            return Err("its to names no address".to_owned());
        }
        Ok(Self { transport: builder.build(), host, from, to: addresses })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn to(&self) -> &[String] {
        &self.to
    }

    /// Whether the mail server must know SMTPUTF8: not all do.
    pub(crate) fn needs_utf8(&self) -> bool {
        self.to.iter().any(|address| !address.is_ascii())
    }
}

fn parameters(host: &str, ca: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.trim_matches(['[', ']']).to_owned());
    if let Some(pem) = ca {
        builder =
            builder.add_root_certificate(Certificate::from_pem(pem).map_err(|_| "its ca is no certificate in PEM")?);
    }
    builder.build_rustls().map_err(|_| format!("{host:?} is no name of a mail server"))
}

/// An address with its domain as mail servers know it: lettre would ask for SMTPUTF8 for a Korean domain, which few servers have.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = || "must be an address such as ops@example.com or 인감 <ingam@example.com>".to_owned();
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"').to_owned()), address),
        None => (None, text.trim()),
    };
    let (user, domain) = address.trim().rsplit_once('@').ok_or_else(wrong)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| wrong())?;
    let email = Address::new(user, domain).map_err(|_| wrong())?;
    // Without runs of blanks, which get lost between encoded words.
    let name = name.map(|name| super::text::one_line(&name)).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, email))
}

/// An address without the name before it; nothing where the text is none.
pub(super) fn address(text: &str) -> Option<String> {
    mailbox(text).ok().map(|mailbox| mailbox.email.to_string())
}

/// Sends one message to one person.
pub(super) fn send(
    mail: &Mail,
    to: &str,
    id: DeliveryId,
    message: &Message,
    said: &Said,
    setting: &Setting,
    now: Instant,
) -> Answer {
    let own = message_id(setting, &format!("message.{id}"));
    // Mails of one alert are one thread: the first has the id to which the others refer.
    let mut builder = lettre::Message::builder();
    builder = match message.path.strip_prefix("/alerts/") {
        Some(alert) => {
            let root = message_id(setting, &format!("alert.{alert}"));
            match message.what {
                What::Opened => builder.message_id(Some(root)),
                _ => builder.message_id(Some(own)).in_reply_to(root.clone()).references(root),
            }
        }
        None => builder.message_id(Some(own)),
    };
    let mut body = format!("{}\n\n", said.head);
    for (name, value) in &said.lines {
        let _ = writeln!(body, "{name}: {value}");
    }
    body.push('\n');
    for (name, url) in &said.links {
        let _ = writeln!(body, "{name}: {url}");
    }
    hand_over(mail, to, builder, &said.head, body, now)
}

/// Sends one message that names several things to one person.
pub(super) fn send_joined(
    mail: &Mail,
    to: &str,
    first: DeliveryId,
    joined: &Joined,
    setting: &Setting,
    now: Instant,
) -> Answer {
    let builder = lettre::Message::builder().message_id(Some(message_id(setting, &format!("message.{first}"))));
    let mut body = format!("{}\n\n", joined.head);
    for item in &joined.items {
        let _ = writeln!(body, "{} {}\n  {}", item.mark, item.head, item.url);
    }
    hand_over(mail, to, builder, &joined.head, body, now)
}

/// `<ingam.prod.alert.31@admin.example.com>`
fn message_id(setting: &Setting, of: &str) -> String {
    let host = setting.origin.split("://").last().unwrap_or_default().split(':').next().unwrap_or_default();
    format!("<ingam.{}.{of}@{host}>", setting.profile.as_str())
}

fn hand_over(mail: &Mail, to: &str, builder: MessageBuilder, subject: &str, body: String, now: Instant) -> Answer {
    let Ok(address) = to.parse::<Address>() else { return Answer::Refused("its address cannot be read".to_owned()) };
    // No automatic answer is wanted (RFC 3834).
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let written = builder
        .date(now.utc().into())
        .from(mail.from.clone())
        .to(Mailbox::new(None, address))
        .subject(super::text::cut(subject, SUBJECT))
        .raw_header(automatic)
        .singlepart(SinglePart::plain(body));
    match written.map(|written| mail.transport.send(&written)) {
        Ok(Ok(_)) => Answer::Taken,
        Ok(Err(error)) => judge(&error, to),
        Err(_) => Answer::Refused("the mail cannot be written".to_owned()),
    }
}

/// What a failure means. lettre calls neither a time-out nor a refused connection transient.
fn judge(error: &lettre::transport::smtp::Error, to: &str) -> Answer {
    let said = said(error);
    let code = error.status().map(u16::from);
    match code {
        // A login that is wrong or missing can be mended, as can the sender that the server does not know.
        Some(530 | 534 | 535 | 538) => Answer::Misconfigured(said),
        Some(500..) => Answer::Refused(said),
        // The server has no SMTPUTF8, and never will for this address.
        None if error.is_client() && !to.is_ascii() => {
            Answer::Refused("the mail server does not take this address: it has no SMTPUTF8".to_owned())
        }
        None if error.is_client() => Answer::Misconfigured(said),
        Some(_) | None => Answer::later(said),
    }
}

/// `SMTP 550: 5.1.1 User unknown`, without addresses.
fn said(error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    let detail = error.source().map(ToString::to_string).unwrap_or_default();
    let detail: Vec<&str> = detail.split_whitespace().map(|word| if word.contains('@') { "…" } else { word }).collect();
    let detail = super::text::cut(&detail.join(" "), SHOWN);
    match error.status() {
        Some(code) if detail.is_empty() => format!("SMTP {code}"),
        Some(code) => format!("SMTP {code}: {detail}"),
        None if error.is_client() => format!("SMTP: {detail}"),
        None if error.is_tls() => "no secure connection".to_owned(),
        None => "the mail server cannot be reached, or does not answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(smtp: &str, to: &[&str]) -> Result<Mail, String> {
        let to: Vec<String> = to.iter().map(|text| (*text).to_owned()).collect();
        Mail::new(smtp, Some("ingam:secret"), "인감 <ingam@회사.한국>", Some(&to), None)
    }

    #[test]
    fn a_korean_domain_is_written_as_mail_servers_know_it() {
        let mail = mail("smtps://mail.example.com", &["ops@회사.한국", "당직 <oncall@example.com>"]).unwrap();
        assert_eq!(mail.to(), ["ops@xn--vf4b131b.xn--3e0b707e", "oncall@example.com"]);
        assert!(!mail.needs_utf8());
        assert_eq!(mail.from.email.domain(), "xn--vf4b131b.xn--3e0b707e");
        assert_eq!(mail.from.name.as_deref(), Some("인감"));
    }

    #[test]
    fn an_address_whose_name_is_korean_needs_a_server_for_it() {
        assert!(mail("smtps://mail.example.com", &["온콜@example.com"]).unwrap().needs_utf8());
    }

    #[test]
    fn what_is_wrong_is_said_and_holds_no_login() {
        for (smtp, to, says) in [
            ("mail.example.com", "a@example.com", "must begin with smtps://"),
            ("smtp://mail.example.com", "a@example.com", "others could read"),
            ("smtps://user:secret@mail.example.com", "a@example.com", "holds a login"),
            ("https://mail.example.com", "a@example.com", "must begin with smtps://"),
            ("smtps://mail.example.com", "nowhere", "must be an address"),
            ("smtps://mail.example.com", "a@b@", "must be an address"),
        ] {
            let error = mail(smtp, &[to]).unwrap_err();
            assert!(error.contains(says) && !error.contains("secret"), "{smtp} {to}: {error}");
        }
        assert!(mail("smtps://mail.example.com", &[]).unwrap_err().contains("names no address"));
        assert!(mail("smtps://mail.example.com", &["a@b.c", "a@b.c"]).unwrap_err().contains("twice"));
        assert!(mail("smtp://127.0.0.1:2525", &["a@b.c"]).is_ok());
    }

    #[test]
    fn mails_of_a_console_have_ids_of_its_own_host() {
        let setting = Setting {
            profile: crate::profile::Profile::Prod,
            origin: "https://admin.example.com:8443".to_owned(),
            zone: crate::zone::Zone::seoul(),
        };
        assert_eq!(message_id(&setting, "alert.31"), "<ingam.prod.alert.31@admin.example.com>");
    }
}

use super::{Page, People, Person};
use std::{
    collections::BTreeMap,
    fmt,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};
use ureq::http;

/// A client like a browser: it keeps cookies and says where its requests come from, but follows nothing by itself.
/// A clone is the same browser; [`Browser::fork`] is another one with the same cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    people: Arc<People>,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    /// Sent with every request, in place of what would be sent otherwise.
    headers: Vec<(String, String)>,
    agent: ureq::Agent,
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Browser({})", self.address)
    }
}

impl Browser {
    pub(super) fn new(address: SocketAddr, people: Arc<People>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .allow_non_standard_methods(true)
            // A connection kept from before a restart would fail the next request for no reason of the test's.
            .max_idle_connections(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self { address, people, cookies: Arc::default(), headers: Vec::new(), agent: config.new_agent() }
    }

    /// Another browser that begins with the same cookies, as a thief's would.
    #[must_use]
    pub(crate) fn fork(&self) -> Self {
        let cookies = self.cookies.lock().unwrap().clone();
        Self { cookies: Arc::new(Mutex::new(cookies)), ..self.clone() }
    }

    /// The same browser, its requests brought to another server as a load balancer would.
    #[must_use]
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// The same browser, sending this header with every request.
    #[must_use]
    pub(crate) fn with_header(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.push((name.to_owned(), value.to_owned()));
        Self { headers, ..self.clone() }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }

    /// Opens a page.
    pub(crate) fn get(&self, path: &str) -> Page {
        self.request("GET", path).send()
    }

    /// Posts fields that are on no form, with the headers of one that does.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.request("POST", path).form(&fields).send()
    }

    /// A request with the headers a browser would send, to be changed before it is sent.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let mut request = Request {
            browser: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        };
        for (name, value) in [
            ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
            ("accept-language", "en"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Kit/1.0"),
            ("sec-fetch-site", if method == "GET" { "none" } else { "same-origin" }),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ] {
            request = request.header(name, value);
        }
        if !matches!(method, "GET" | "HEAD") {
            request = request.header("origin", &self.origin());
        }
        let cookies = self.cookies.lock().unwrap();
        if !cookies.is_empty() {
            let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", &pairs.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }

    /// Signs in as people do: password, then a fresh code. The answer is the page that one comes to.
    pub(crate) fn sign_in(&self, who: &str) -> Page {
        let form = self.give_password(who).form_with("code");
        let signed_in = form.set("code", &self.people.code(who)).submit();
        assert_eq!(signed_in.status, 303, "{who} was not signed in: {signed_in}");
        signed_in.follow()
    }

    /// The first half of signing in. The answer is the page that asks for the code.
    pub(crate) fn give_password(&self, who: &str) -> Page {
        let person = Person::called(who);
        let form = self.get("/login").form_with("password");
        let known = form.set("email", person.email).set("password", person.password).submit();
        assert_eq!((known.status, known.location()), (303, Some("/login/code")), "{who} was not known: {known}");
        known.follow()
    }

    /// Sends bytes as they are, for what no client would send, and says what came back before the server hung up.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // The server may have had enough before the end.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What a browser keeps of an answer: cookies are set, and removed by an age of nothing.
    fn keep_cookies(&self, page: &Page) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in page.header_lines("set-cookie") {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let is_over = parts.any(|part| {
                let part = part.to_ascii_lowercase();
                part == "max-age=0" || part.starts_with("max-age=-") || part.contains(" 1970 ")
            });
            if is_over {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub(crate) struct Request {
    browser: Browser,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// Sends this value under `name` and no other.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.without(name).and_header(name, value)
    }

    /// Sends one line more under `name`.
    pub(crate) fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name));
        self
    }

    /// What htmx adds to a request it makes.
    pub(crate) fn htmx(self) -> Self {
        self.header("hx-request", "true").header("sec-fetch-mode", "cors").header("sec-fetch-dest", "empty")
    }

    pub(crate) fn form(self, fields: &[(String, String)]) -> Self {
        self.body("application/x-www-form-urlencoded", encode(fields).into_bytes())
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut this = self.header("content-type", content_type);
        this.body = Some(body.into());
        this
    }

    pub(crate) fn send(&self) -> Page {
        self.try_send().unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.path))
    }

    /// Sends it to a server that may not be there any more.
    pub(crate) fn try_send(&self) -> Result<Page, String> {
        let uri = format!("{}{}", self.browser.origin(), self.path);
        let mut request = http::Request::builder().method(self.method.as_str()).uri(&uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = match &self.body {
            Some(body) => self.browser.agent.run(request.body(body.as_slice()).unwrap()),
            None => self.browser.agent.run(request.body(()).unwrap()),
        };
        let mut response = sent.map_err(|error| error.to_string())?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = response.body_mut().with_config().limit(256 * 1024 * 1024).read_to_vec();
        let body = body.map_err(|error| error.to_string())?;
        let page = Page {
            browser: self.browser.clone(),
            path: self.path.clone(),
            status: response.status().as_u16(),
            headers,
            body,
        };
        self.browser.keep_cookies(&page);
        Ok(page)
    }
}

pub(super) fn encode(fields: &[(String, String)]) -> String {
    serde_urlencoded::to_string(fields).unwrap()
}

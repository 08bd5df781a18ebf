use super::maker::{Maker, Sample, before, html, now, refused_field};
use crate::{
    gate::Role,
    persona::Persona,
    staff::{login_pages, pages as staff},
    web::shell::{
        Section, Theme,
        field::{FieldErrors, wrong},
        seal::{FormRefusal, SealForm},
    },
};
use chrono::TimeDelta;

impl Maker {
    #[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
    pub(super) fn staff(self, out: &mut Vec<Sample>) {
        use login_pages::CodeStep as Step;
        use staff::AccountPanelKind as Kind;
        let mut add = |name, html| out.push(Sample { name, html });
        let login = |email: String, refusal, errors, notice| {
            html(&login_pages::LoginPage {
                shell: self.solo(Some("/login")),
                email,
                refusal,
                errors,
                notice,
                has_draft: true,
                address: Some("10.20.4.22".into()),
                personas: Vec::new(),
            })
        };
        add("login", login(String::new(), None, FieldErrors::new(), None));
        add(
            "login-old",
            login("mina@ingam.test".into(), None, FieldErrors::new(), Some(login_pages::LoginNotice::Old)),
        );
        let personas =
            [("김민아", Role::Operator), ("박준호", Role::Oncall), ("Olivia Kang", Role::Owner)].map(|(name, role)| {
                let (email, password) = (format!("{role}@ingam.test"), "abcd-efgh-ijkl-mnop".to_owned());
                let persona = Persona { name: name.to_owned(), role, email, password, secret: vec![7; 20] };
                let codes = persona.codes(now());
                (persona, codes)
            });
        add(
            "login-demo",
            html(&login_pages::LoginPage {
                shell: self.solo(Some("/login")),
                email: String::new(),
                refusal: None,
                errors: FieldErrors::new(),
                notice: None,
                address: None,
                has_draft: false,
                personas: personas.into(),
            }),
        );
        add("login-ended", login(String::new(), None, FieldErrors::new(), Some(login_pages::LoginNotice::Ended)));
        add("login-ready", login(String::new(), None, FieldErrors::new(), Some(login_pages::LoginNotice::SetUp)));
        add(
            "login-wrong",
            login(
                self.text("mina@ingam.test", "mina@ingam.test"),
                Some(login_pages::LoginRefusal::Wrong),
                FieldErrors::new(),
                None,
            ),
        );
        add(
            "login-throttled",
            login(
                self.text("mina@ingam.test", "mina@ingam.test"),
                Some(login_pages::LoginRefusal::Throttled { until: now() }),
                FieldErrors::new(),
                None,
            ),
        );
        let mut errors = FieldErrors::one("email", refused_field("staff-email", &[]));
        errors.add("password", wrong::required());
        add("login-invalid", login(self.text("mina", "mina"), None, errors, Some(login_pages::LoginNotice::SignedOut)));
        let code = |step: Step, refusal, errors| {
            html(&login_pages::LoginCodePage { shell: self.solo(Some(step.path())), step, refusal, errors })
        };
        add("login-code", code(Step::Authenticator, None, FieldErrors::new()));
        add(
            "login-code-wrong",
            code(Step::Authenticator, Some(FormRefusal::WrongCode { left: None }), FieldErrors::new()),
        );
        add("login-code-locked", code(Step::Authenticator, Some(FormRefusal::CodeLocked), FieldErrors::new()));
        add("login-code-invalid", code(Step::Authenticator, None, FieldErrors::one("code", wrong::not_a_code())));
        add("login-recovery", code(Step::Recovery, None, FieldErrors::new()));
        add(
            "login-recovery-wrong",
            code(Step::Recovery, Some(FormRefusal::WrongCode { left: None }), FieldErrors::new()),
        );
        add("login-confirmation", code(Step::Confirmation, None, FieldErrors::new()));
        add("login-confirmation-locked", code(Step::Confirmation, Some(FormRefusal::CodeLocked), FieldErrors::new()));
        let new = || {
            staff::NewAuthenticator::new(
                "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
                "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                "otpauth://totp/Ingam:mina%40ingam.test?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Ingam",
            )
        };
        let setup = |errors, refusal| {
            html(&staff::SetupPage {
                shell: self.solo(Some("/setup/T0ken")),
                token: "T0ken".into(),
                name: self.me(),
                email: self.text("mina@ingam.test", "mina@ingam.test"),
                authenticator: new(),
                expires: now().plus(TimeDelta::hours(23)),
                errors,
                refusal,
            })
        };
        add("setup", setup(FieldErrors::new(), None));
        let mut errors = FieldErrors::one("password", wrong::common_password());
        errors.add("password_again", wrong::password_differs());
        add("setup-invalid", setup(errors, Some(FormRefusal::WrongCode { left: None })));
        let recover = |errors| {
            html(&staff::RecoverPage {
                shell: self.solo(Some("/login/authenticator")),
                name: self.me(),
                email: self.text("mina@ingam.test", "mina@ingam.test"),
                authenticator: new(),
                until: now().plus(TimeDelta::minutes(14)),
                errors,
            })
        };
        add("recover", recover(FieldErrors::new()));
        add("recover-invalid", recover(FieldErrors::one("code", refused_field("new-code-wrong", &[]))));
        let codes: Vec<String> = (0..10).map(|n| format!("{n}f3a-91c2-07de-5b{n}4-a{n}07")).collect();
        add(
            "recovery-codes",
            html(&staff::RecoveryCodesPage {
                shell: self.solo(None),
                name: self.me(),
                email: self.text("mina@ingam.test", "mina@ingam.test"),
                codes,
                onward: "/account",
            }),
        );

        let session = |id: &str, here, hours, agent: &str| crate::staff::session_list::SessionRow {
            id: id.into(),
            here,
            started: before(TimeDelta::hours(hours)),
            seen: before(TimeDelta::minutes(hours * 3)),
            ip: "10.20.4.22".into(),
            user_agent: (!agent.is_empty()).then(|| self.text(agent, agent)),
        };
        let other = || {
            session("s2", false, 30, "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1")
        };
        let account = |panel: Option<(staff::AccountPanelKind, SealForm)>, errors| {
            html(&staff::AccountPage {
                shell: self.shell(Section::Home),
                sessions: vec![
                    session("s1", true, 1, "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"),
                    other(),
                    session("s3", false, 90, ""),
                ],
                recovery_codes_left: 2,
                password_changed: Some(before(TimeDelta::days(40))),
                preferences: staff::Preferences {
                    key: "p1".into(),
                    lang: self.lang,
                    time_zone: self.text("Asia/Seoul", "Asia/Seoul"),
                    theme: Theme::System,
                    errors,
                },
                panel: panel.map(|(kind, seal)| staff::AccountPanel { kind, seal }),
            })
        };
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 3);
        add("account", account(None, FieldErrors::new()));
        add("account-prefer-invalid", account(None, FieldErrors::one("time_zone", wrong::not_a_zone())));
        add("account-password", account(Some((Kind::Password, fresh())), FieldErrors::new()));
        let mut errors = FieldErrors::one("current", refused_field("password-wrong", &[]));
        errors.add("new", wrong::password_same());
        errors.add("new_again", wrong::password_differs());
        add(
            "account-password-invalid",
            account(Some((Kind::Password, SealForm { errors, ..fresh() })), FieldErrors::new()),
        );
        add(
            "account-authenticator",
            account(Some((Kind::Authenticator(Box::new(new())), fresh())), FieldErrors::new()),
        );
        let errors = FieldErrors::one("new_code", refused_field("new-code-wrong", &[]));
        add(
            "account-authenticator-invalid",
            account(Some((Kind::Authenticator(Box::new(new())), SealForm { errors, ..fresh() })), FieldErrors::new()),
        );
        add("account-recovery-codes", account(Some((Kind::RecoveryCodes, fresh())), FieldErrors::new()));
        add("account-session", account(Some((Kind::Session(other()), fresh())), FieldErrors::new()));
        add(
            "account-sessions",
            account(
                Some((
                    Kind::OtherSessions,
                    SealForm { refusal: Some(FormRefusal::WrongCode { left: Some(2) }), ..fresh() },
                )),
                FieldErrors::new(),
            ),
        );
    }
}

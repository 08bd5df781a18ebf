use super::maker::{Maker, Sample, html, now, wrong_state};
use crate::{
    access::{
        continue_looking::ContinuePanel,
        looks::{Looks, LooksPage},
    },
    gate::{Limits, LookKind, Seen, Window},
    web::{
        panel::{Opened, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, SealForm},
        },
    },
    zone::Zone,
};

impl Maker {
    fn looked(kind: LookKind, hour: i64, day: i64) -> Looks {
        let limits = Limits::usual(kind);
        let seen = |window: Window, seen| Seen { window, limit: limits.over(window.span), seen, is_lifted: false };
        let seen = vec![seen(Window::hour(now()), hour), seen(Window::day(now(), Zone::seoul()), day)];
        Looks { kind, seen, to: "/users/5".to_owned() }
    }

    pub(super) fn looks(self, out: &mut Vec<Sample>) {
        let mut push = |name, looks: Looks, seal: Option<SealForm>| {
            let shell = self.shell(Section::Users);
            let side = seal.map(|seal| {
                let panel =
                    ContinuePanel { to: looks.to.clone(), until: shell.minute(&looks.seen[0].window.ends).shown };
                side_of(&shell, &looks, &(), Opened::Form(panel), seal).unwrap().0
            });
            out.push(Sample { name, html: html(&LooksPage { shell, looks, side: side.unwrap_or_default() }) });
        };
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 0);
        push("looks-paused", Self::looked(LookKind::Reveals, 60, 121), Some(fresh()));
        push("looks-paused-day", Self::looked(LookKind::Opened, 320, 3_000), Some(fresh()));
        let errors = FieldErrors::one("reason", wrong::required());
        push("looks-invalid", Self::looked(LookKind::Searches, 600, 600), Some(SealForm { errors, ..fresh() }));
        let refusal = Some(FormRefusal::WrongCode { left: Some(2) });
        let reason = self.reason();
        push(
            "looks-wrong-code",
            Self::looked(LookKind::Reveals, 60, 60),
            Some(SealForm { refusal, reason, ..fresh() }),
        );
        push(
            "looks-refused",
            Self::looked(LookKind::Reveals, 60, 60),
            Some(SealForm { refusal: Some(wrong_state()), ..fresh() }),
        );
        push("looks-over", Self::looked(LookKind::Reveals, 120, 180), None);
        let closed = Opened::<ContinuePanel>::Closed(self.frame().words.known("looks.closed").to_owned());
        let (shell, looks) = (self.shell(Section::Users), Self::looked(LookKind::Reveals, 120, 180));
        let side = side_of(&shell, &looks, &(), closed, fresh()).unwrap().0;
        out.push(Sample { name: "looks-closed", html: html(&LooksPage { shell, looks, side }) });
        let page = LooksPage {
            shell: self.shell(Section::Users),
            looks: Self::looked(LookKind::Opened, 3, 5),
            side: Side::default(),
        };
        out.push(Sample { name: "looks-open", html: html(&page) });
    }
}

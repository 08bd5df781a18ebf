//! The people of a demo on its sign-in page: e-mail and password with one press, and the code that holds now.

use crate::kit::{PEOPLE, on_both, totp};
use ingam::{persona::Persona, profile::Profile};

fn personas() -> Vec<Persona> {
    let of = |person: crate::kit::Person| Persona {
        name: person.name.to_owned(),
        role: person.role.parse().unwrap(),
        email: person.email.to_owned(),
        password: person.password.to_owned(),
        secret: person.secret.to_vec(),
    };
    PEOPLE.map(of).into()
}

on_both! {
    fn a_demo_offers_its_people_with_their_codes(world) {
        let demo = world.another(|config| config.personas = personas()).unwrap();
        let browser = world.browser().at(demo.address);
        let page = browser.get("/login");
        let step = world.clock.now().unix() / 30;
        for person in PEOPLE {
            assert!(page.says("#personas").contains(person.name), "{page}");
            assert!(page.says("#personas").contains(&totp(&person.secret, step)), "{page}");
            assert!(!page.text().contains(person.password), "a password is on no page");
        }
        // The form as a whole, as a browser posts it with the button of a person.
        let half = page.form_with("password").forge("person", "jun@ingam.test").submit();
        assert_eq!(half.location(), Some("/login/code"), "{half}");
        let code = half.follow();
        let jun = PEOPLE[1];
        assert!(code.says("main").contains(&totp(&jun.secret, step)), "{code}");
        let signed = code.form_with("code").set("code", &totp(&jun.secret, step)).submit();
        assert_eq!(signed.status, 303, "{signed}");
        assert!(browser.get("/").says(".top").contains(jun.name));
    }

    fn a_person_who_is_not_of_the_demo_is_not_signed_in(world) {
        let demo = world.another(|config| config.personas = personas()).unwrap();
        let form = world.browser().at(demo.address).get("/login").form_with("password");
        for who in ["stranger@ingam.test", "", "mina"] {
            assert_eq!(form.clone().forge("person", who).submit().status, 422, "{who}");
        }
    }

    fn no_other_console_knows_of_them(world) {
        let page = world.browser().get("/login");
        assert!(!page.has("#personas") && !page.text().contains("data-codes"), "{page}");
        let forged = page.form_with("password").forge("person", "mina@ingam.test").submit();
        assert_eq!(forged.status, 422, "{forged}");
        assert_eq!(world.number("select count(*) from sessions"), 0);
        for profile in [Profile::Dev, Profile::Staging, Profile::Prod] {
            let refused = world.another(|config| {
                config.profile = profile;
                config.personas = personas();
            });
            let why = refused.unwrap_err().to_string();
            assert!(why.contains("local machine only") && why.contains(&profile.to_string()), "{why}");
        }
    }
}

//! A copy of the database is a copy of no session and no secret.

use crate::{
    kit::{Engine, PEOPLE, World, invite, on_both},
    sign_in::recovery::renew,
};

/// Every value of every table, one a line; bytes both as text and as hexadecimal digits.
pub(crate) fn dump(world: &World) -> String {
    let tables = match world.engine {
        Engine::Sqlite => {
            "select name from sqlite_master
              where type = 'table' and name not like 'sqlite_%' and name not like 'audit_words%'"
        }
        Engine::Postgres => "select tablename from pg_tables where schemaname = 'public'",
    };
    let mut text = String::new();
    for table in world.rows(tables) {
        let table = table[0].clone().unwrap();
        for row in world.rows(&format!("select * from {table}")) {
            for value in row.into_iter().flatten() {
                if let Ok(bytes) = hex::decode(&value) {
                    text.push_str(&String::from_utf8_lossy(&bytes));
                    text.push('\n');
                }
                text.push_str(&value);
                text.push('\n');
            }
        }
    }
    text
}

on_both! {
    fn a_copy_of_the_database_lets_no_one_in(world) {
        let link = invite(world, "new@ingam.test", "operator");
        let mina = world.signed_in("mina");
        let codes = renew(world, &mina, "mina");
        let half = world.browser();
        half.give_password("jun");
        let setup_page = world.browser().get(&link);
        let offered = setup_page.says("code.secret").replace(' ', "");
        let text = dump(world);
        let lower = text.to_lowercase();

        // What is looked for must be findable: hashes of it are there.
        let mut tokens = Vec::new();
        for browser in [&mina, &half] {
            let cookie = browser.cookies()["ingam-session"].replace("%3D", "=").replace("%2B", "+").replace("%2F", "/");
            let token = cookie[cookie.len() - 43..].to_owned();
            let hash = hex::encode(ingam::secret::sha256(token.as_bytes()));
            assert!(text.contains(&hash), "the session of {token} is there");
            tokens.extend([token, cookie]);
        }
        let invitation = link.rsplit('/').next().unwrap().to_owned();
        assert!(text.contains(&hex::encode(ingam::secret::sha256(invitation.as_bytes()))));
        for secret in tokens.iter().chain([&invitation, &offered]).chain(&codes) {
            assert!(!text.contains(secret.as_str()), "{secret} is in the database");
        }
        for code in &codes {
            let hash = hex::encode(ingam::secret::sha256(code.as_bytes()));
            assert!(!text.contains(&hash), "80 bits need a hash under a key");
        }
        for person in PEOPLE {
            assert!(!text.contains(person.password));
            assert!(!lower.contains(&hex::encode(person.secret)), "{}'s authenticator is in the database", person.name);
            let base32 = ingam::gate::code::base32(&person.secret);
            assert!(!lower.contains(&base32.to_lowercase()));
        }
        assert_eq!(text.matches("$argon2id$v=19$m=19456,t=2,p=1$").count(), 5);
        let key = hex::encode([0x5b, 0x1f, 0xc8, 0x62, 0x0d, 0xea, 0x97, 0x34]);
        assert!(!lower.contains(&key), "the key is not in the database it protects");
    }

    fn the_log_names_no_secret_of_those_who_sign_in(world) {
        let mina = world.signed_in("mina");
        renew(world, &mina, "mina");
        let bodies: Vec<String> = world
            .rows("select body from audit")
            .into_iter()
            .map(|row| String::from_utf8(hex::decode(row[0].clone().unwrap()).unwrap()).unwrap())
            .collect();
        assert!(bodies.iter().any(|body| body.contains("mina@ingam.test")));
        let cookie = mina.cookies()["ingam-session"].clone();
        for body in bodies {
            assert!(!body.contains("quiet river stones") && !body.contains("argon2"), "{body}");
            assert!(!body.contains(&cookie[cookie.len() - 43..]), "{body}");
        }
    }
}

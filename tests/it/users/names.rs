//! Finding a customer by name: whatever form it is stored in, whatever form it is typed in.

use crate::kit::{Browser, World, block_on, on_both, plan, wait_until};

/// Adds a customer as the shop does, around the console.
fn add(world: &World, id: i64, name: &str) {
    let name = name.replace('\'', "''");
    let sql = format!(
        "insert into users (id, email, name, joined_at) values ({id}, 'c{id}@names.kr', '{name}', '2026-02-01T00:00:00.000000Z')"
    );
    world.database().tamper(&sql).unwrap();
}

/// Whom a search finds; one alone is gone to at once.
fn found(browser: &Browser, term: &str) -> Vec<i64> {
    let done = browser.get("/users").form_to("/users/searches").set("q", term).submit();
    assert_eq!(done.status, 303, "{term}: {done}");
    if let Some(id) = done.location().unwrap().strip_prefix("/users/") {
        return vec![id.parse().unwrap()];
    }
    let page = done.follow();
    assert_eq!(page.status, 200, "{page}");
    let mut ids: Vec<i64> =
        page.all("tbody code.id").iter().map(|id| id.trim_start_matches("u_").parse().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// Decomposed, as a Mac writes it.
const NFD: &str = "\u{1107}\u{1161}\u{11a8}\u{110c}\u{1175}\u{1112}\u{116e}\u{11ab}\u{1106}\u{1169}";

on_both! {
    fn a_name_is_found_by_its_own_text_in_whatever_form_it_arrived(world) {
        let stored = [
            "김 서하", "Anna  Lee", NFD, "O’Neil", "Zoë Quinn", "ÉMILE ZOLA", "Müller", "İbrahim", "Ｋｅｎ　Ｔａｎ", "Jean–Luc Picard",
            "Seo\u{200b}jin", "Straße", "Łukasz", "Mu\u{308}nch", "ΑΛΈΞΗΣ", "ФЁДОР",
        ];
        for (id, name) in (100..).zip(stored) {
            add(world, id, name);
        }
        let mina = world.signed_in("mina");
        for (id, name) in (100..).zip(stored) {
            // A character that is shown as nothing cannot be typed, and is taken away where it was pasted.
            assert_eq!(found(&mina, name), [id], "{name}");
        }
        for (term, id) in [
            ("김서하", 100), ("김 서하", 100), ("서하", 100),
            ("Anna Lee", 101), ("anna lee", 101), ("ANNA   LEE", 101), ("lee anna", 101), ("Lee, Anna", 101),
            ("박지훈모", 102), ("지훈모", 102),
            ("O'Neil", 103), ("o’neil", 103), ("ONeil", 103), ("Oʼneil", 103),
            ("zoe quinn", 104), ("ZOË QUINN", 104), ("Zoe\u{308} Quinn", 104), ("quinn zoe", 104), ("Zoë", 104),
            ("Émile Zola", 105), ("émile zola", 105), ("emile zola", 105), ("Zola, Émile", 105),
            ("muller", 106), ("MÜLLER", 106), ("müll", 106),
            ("ibrahim", 107), ("İBRAHIM", 107), ("Ibrahim", 107),
            ("ken tan", 108), ("Tan Ken", 108),
            ("jean-luc", 109), ("Jean Luc Picard", 109), ("picard jean", 109),
            ("seojin", 110), ("strasse", 111), ("STRASSE", 111), ("lukasz", 112), ("münch", 113), ("munch", 113),
            ("αλέξης", 114), ("Φ", 0), ("фёдор", 115), ("федор", 115),
        ] {
            let expected: &[i64] = if id == 0 { &[] } else { &[id] };
            assert_eq!(found(&mina, term), expected, "{term}");
        }
    }

    fn two_parts_titles_first_letters_and_masks_find(world) {
        add(world, 200, "Emily Jane Carter");
        add(world, 201, "남궁민수");
        add(world, 202, "사랑님");
        let mina = world.signed_in("mina");
        for (term, ids) in [
            ("Emily Carter", &[200][..]), ("Carter Emily", &[200]), ("Carter, Emily", &[200]), ("carter em", &[200]),
            ("Jane Carter", &[200]), ("Carter Emily Jane", &[200]), ("Emily Carter님", &[200]), ("emily thompson", &[]),
            ("김서연님", &[1]), ("김서연 고객님", &[1]), ("김서연 님", &[1]), ("김서연씨", &[1]), ("사랑님", &[202]),
            ("ㄱㅅㅇ", &[1]), ("ㄱㅅ", &[1]), ("ㅂㅈㅎ", &[2]), ("ㄴㄱㅁㅅ", &[201]), ("ㄱㅇ", &[5]), ("ㅋㅋㅋ", &[]),
            ("김*연", &[1]), ("남궁*수", &[201]), ("E***y J***e C***r", &[200]), ("김*", &[1, 5]), ("이*영", &[]),
            ("se•••••••@naver.com", &[1]), ("se*******@naver.com", &[1]), ("se•••••••@…", &[1]), ("se••@naver.com", &[]),
            ("ye••@naver.com", &[5]), ("em••••@example.com", &[3]),
        ] {
            assert_eq!(found(&mina, term), ids, "{term}");
        }
    }

    fn eight_bare_digits_are_an_id_and_a_number_and_a_number_is_shown_as_it_is_dialled(world) {
        for (id, phone) in [(15_881_234, "825071234567"), (801, "8215881234"), (802, "8250712345678")] {
            add(world, id, "Eight Digits");
            world.database().tamper(&format!("update users set phone = '{phone}' where id = {id}")).unwrap();
        }
        let mina = world.signed_in("mina");
        assert_eq!(found(&mina, "15881234"), [801, 15_881_234]);
        assert_eq!(found(&mina, "1588-1234"), [801]);
        assert_eq!(found(&mina, "0507-1234-5678"), [802]);
        for (id, masked, whole) in [(801, "••••-1234", "1588-1234"), (802, "0507-••••-5678", "0507-1234-5678")] {
            assert!(mina.get(&format!("/users/{id}")).says("main").contains(masked), "{masked}");
            let form = mina.get(&format!("/users/{id}?panel=contact")).form_to("/contact");
            let shown = form.set("reason", "She called about order 17").submit();
            assert!(shown.says("main").contains(whole), "{whole}");
        }
    }

    fn a_name_that_was_changed_or_has_gone_is_found_no_more_and_the_new_one_is(world) {
        add(world, 300, "Old Name");
        let mina = world.signed_in("mina");
        assert_eq!(found(&mina, "old name"), [300]);
        // Twice before a search looks.
        world.database().tamper("update users set name = 'Middle Name' where id = 300").unwrap();
        world.database().tamper("update users set name = 'New Name' where id = 300").unwrap();
        assert_eq!(found(&mina, "new name"), [300]);
        assert_eq!(found(&mina, "old name"), [] as [i64; 0]);
        assert_eq!(found(&mina, "middle"), [] as [i64; 0]);
        world.database().tamper("delete from users where id = 300").unwrap();
        assert_eq!(found(&mina, "new name"), [] as [i64; 0]);
        assert_eq!(world.number("select count(*) from user_name_parts where user_id = 300"), 0);
        assert_eq!(world.number("select count(*) from user_name_forms where user_id = 300"), 0);
        assert_eq!(world.number("select count(*) from user_name_queue"), 0);
    }

    fn names_that_are_not_searched_for_are_indexed_by_the_worker(world) {
        for id in 400..700 {
            add(world, id, "Worker Found");
        }
        wait_until(|| world.number("select count(*) from user_name_queue") == 0);
        assert_eq!(world.number("select count(*) from user_name_parts where part = 'workerfound'"), 300);
        let mina = world.signed_in("mina");
        assert_eq!(found(&mina, "found worker").len(), 25);
    }

    fn every_page_of_a_search_for_a_part_that_is_in_a_name_twice_shows_each_customer_once(world) {
        for id in 500..560 {
            add(world, id, "Ban Ana Bana");
        }
        let mina = world.signed_in("mina");
        let mut page = mina.get("/users").form_to("/users/searches").set("q", "ana").submit().follow();
        let mut ids: Vec<String> = page.all("tbody code.id");
        while let [next] = page.attributes("a[rel=next]", "href").as_slice() {
            page = mina.get(next);
            ids.extend(page.all("tbody code.id"));
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 60);
    }

    fn a_search_for_a_name_reads_along_an_index(world) {
        for statement in ingam::store::STATEMENTS {
            let is_search = ["join user_name_parts", "join user_name_forms", "lower(reference) = $2"]
                .iter()
                .any(|part| statement.sqlite.contains(part));
            if is_search {
                let plan = block_on(plan(world, statement)).unwrap();
                assert!(!plan.contains("SCAN") && !plan.contains("Seq Scan"), "{plan}");
            }
        }
    }
}

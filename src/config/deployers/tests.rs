use super::*;

const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";

#[derive(Deserialize)]
struct File {
    deployment: Vec<DeployerConfig>,
}

fn read(text: &str, profile: Profile) -> Result<Deployers, String> {
    let mut file: File = toml::from_str(text).unwrap();
    for one in &mut file.deployment {
        one.resolve(|name| (name == "SHOP").then(|| TOKEN.to_owned()))?;
    }
    deployers(&file.deployment, profile)
}

#[test]
fn a_service_has_a_token_that_its_lines_do_not_show() {
    let deployers = read("[[deployment]]\nservice = \"shop\"\ntoken = \"$SHOP\"", Profile::Prod).unwrap();
    assert!(deployers.iter().any(|deployer| deployer.service == "shop" && deployer.token.is(TOKEN)));
    let said =
        format!("{deployers:?} {:?}", deployers.check().iter().map(|line| line.verdict.clone()).collect::<Vec<_>>());
    assert!(!said.contains(TOKEN) && said.contains("shop"), "{said}");
}

#[test]
fn what_is_wrong_is_said_with_the_service() {
    let one = |lines: &str| format!("[[deployment]]\nservice = \"shop\"\n{lines}\n");
    let token = format!("token = \"{TOKEN}\"");
    for (text, said) in [
        (one(""), "token is missing"),
        (one("token = \"short\""), "its token must have"),
        (one("token = \"9f1c2e7ab04d5583c6e1f7a2900b4c6d==\""), "part of an address"),
        (one("token = \"$OTHER\""), "OTHER is not set"),
        (one(&format!("{token}\nurl = \"https://ci.example.com\"")), "has no url"),
        (format!("{}{}", one(&token), one(&token)), "declared twice"),
        (one(&token) + "[[deployment]]\nservice = \"bank\"\n" + &token, "another service has the same token"),
        (format!("[[deployment]]\nservice = \"Shop\"\n{token}"), "its service must be"),
    ] {
        let why = read(&text, Profile::Local).unwrap_err();
        assert!(why.contains(said) && !why.contains(TOKEN), "{text}: {why}");
    }
    let why = read(&one(&token), Profile::Prod).unwrap_err();
    assert!(why.contains("is written in the file"), "{why}");
}

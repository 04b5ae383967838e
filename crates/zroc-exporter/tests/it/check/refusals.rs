//! What a check remembers of a refused password.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::stage::Stage;

const WRONG: (&str, &str) = ("VCENTER_PASSWORD", "wrong-password");

#[tokio::test]
async fn a_refused_password_is_tried_once() {
    let stage = Stage::new(3).await;
    stage.check(&[WRONG], &["check"]).await.hold("refused", 1);
    assert_eq!(stage.mock.failed_logins(), 1);
    let again = stage.check(&[WRONG], &["check"]).await;
    again.hold("held_back", 1);
    assert_eq!(stage.mock.failed_logins(), 1);
    let json = stage.check(&[WRONG], &["check", "--format=json"]).await;
    json.hold("held_back_json", 1);
    let forced = stage.check(&[WRONG], &["check", "--force"]).await;
    forced.hold("refused", 1);
    assert_eq!(stage.mock.failed_logins(), 2);

    // Another password is another login.
    let right = stage.check(&[], &["check"]).await;
    assert_eq!(right.code, 0, "{}", right.text);
}

#[tokio::test]
async fn the_file_holds_no_secret_and_is_private() {
    let stage = Stage::new(3).await;
    let state_file = stage.folder().join("totals");
    let path = state_file.to_str().unwrap();
    stage
        .check(&[WRONG, ("STATE_FILE", path)], &["check"])
        .await;
    let file = stage.folder().join("totals.refused-logins");
    let content = fs::read_to_string(&file).unwrap();
    assert!(content.starts_with("{\"version\":1,"), "{content}");
    for part in ["wrong", "administrator", "127.0.0.1"] {
        assert!(!content.contains(part), "{content}");
    }
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!state_file.exists(), "totals are left alone");

    // A file of another format, or of nonsense, holds nothing back and is replaced.
    for nonsense in ["{\"version\":2,\"refused\":[]}", "]", ""] {
        fs::write(&file, nonsense).unwrap();
        stage
            .check(&[WRONG, ("STATE_FILE", path)], &["check", "--force"])
            .await;
        assert!(
            fs::read_to_string(&file)
                .unwrap()
                .starts_with("{\"version\":1,")
        );
    }
}

#[tokio::test]
async fn a_refusal_that_cannot_be_kept_is_said() {
    let stage = Stage::new(3).await;
    // A file is in the place of the folder.
    fs::write(stage.folder().join("zroc-exporter"), "").unwrap();
    let checked = stage.check(&[WRONG], &["check"]).await;
    assert!(checked.text.contains("ZR126"), "{}", checked.text);
    assert_eq!(checked.code, 1);
}

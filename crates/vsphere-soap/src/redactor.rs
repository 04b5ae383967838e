//! Keeps secrets out of what is shown: every text from outside is compared with them, however it spells them.

mod parts;
mod spelling;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};

use self::parts::Parts;
use self::spelling::{spellings, views};
use crate::untrusted_text::CUT;

/// What is shown in place of a text that holds a secret, or a part of one.
pub(crate) const WITHHELD: &str = "(not shown: it repeats a part of a secret)";

/// The secrets of a session and of those just before it.
const MOST_SECRETS: usize = 16;

/// The secrets that a client has used lately.
#[derive(Default)]
pub(crate) struct Redactor(Mutex<VecDeque<SecretString>>);

impl Redactor {
    /// From now on, no text may repeat this.
    pub(crate) fn learn(&self, secret: &str) {
        let mut secrets = self.secrets();
        if secret.is_empty() || secrets.iter().any(|known| known.expose_secret() == secret) {
            return;
        }
        if secrets.len() == MOST_SECRETS {
            secrets.pop_front();
        }
        secrets.push_back(SecretString::from(secret));
    }

    /// The text, unless it repeats a secret or a telling part of one, in any case, and as it is or encoded.
    pub(crate) fn cleared(&self, text: String) -> String {
        if self.is_in(&text) {
            WITHHELD.to_owned()
        } else {
            text
        }
    }

    /// Whether the text repeats a secret or a telling part of one.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        let secrets = self.secrets();
        let spelled = secrets
            .iter()
            .flat_map(|secret| spellings(secret.expose_secret()));
        let parts = Parts::of(spelled);
        drop(secrets);
        views(text).iter().any(|view| {
            let cut = view.strip_suffix(CUT);
            parts.are_in(view.as_bytes())
                || cut.is_some_and(|cut| parts.begin_at_the_end_of(cut.as_bytes()))
        })
    }

    fn secrets(&self) -> MutexGuard<'_, VecDeque<SecretString>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "p&<'\"ü\\%/+ s3cret";
    const COOKIE: &str = "52aa1b8c-77d0-4f3e-9c1d-0e5f6a7b8c9d";

    fn redactor() -> Redactor {
        let redactor = Redactor::default();
        redactor.learn(PASSWORD);
        redactor.learn(COOKIE);
        redactor
    }

    #[test]
    fn a_secret_is_found_however_it_is_spelled() {
        let redactor = redactor();
        for text in [
            PASSWORD,
            &PASSWORD.to_uppercase(),
            "wrong password: p&amp;&lt;'\"ü\\%/+ s3cret!",
            "p&amp;&lt;&apos;&quot;&#252;\\%/+ s3cret",
            "p&#x26;&#60;&#39;&#34;&#xfc;&#92;&#37;/+ s3cret",
            "p&amp;amp;&amp;lt;'\"ü\\%/+ s3cret",
            "?password=p%26%3C%27%22%C3%BC%5C%25%2F%2B%20s3cret",
            "?password=p%26%3c%27%22%c3%bc%5c%25%2f%2b+s3cret",
            "{\"password\":\"p&<'\\\"\\u00fc\\\\%\\/+ s3cret\"}",
            "\\u0025/+ s3cret",
            "basic cCY8JyLDvFwlLysgczNjcmV0",
            "Y2N1c2VyOnAmPCciw7xcJS8rIHMzY3JldA==",
            "70263c2722c3bc5c252f2b2073336372",
            "70 26 3C 27 22 C3 BC 5C 25 2F 2B 20 73",
            "..+ s3cret",
            "no such password: p&<..",
            COOKIE,
            "52AA1B8C-77D0",
            "cookie 52aa1b8c-7..",
            "..6a7b8c9d",
        ] {
            assert!(redactor.is_in(text), "{text}");
            assert_eq!(redactor.cleared(text.to_owned()), WITHHELD);
        }
    }

    #[test]
    fn ordinary_texts_are_shown() {
        let redactor = redactor();
        for text in [
            "",
            "503 Service Unavailable",
            "a secret s3cret",
            "it was p..",
            "52aa",
            "Cannot complete login due to an incorrect user name or password.",
            "100 % of &lt;html&gt; with a%20b, \\u and \\",
        ] {
            assert_eq!(redactor.cleared(text.to_owned()), text);
        }
    }

    #[test]
    fn a_short_secret_is_compared_as_a_whole() {
        let redactor = Redactor::default();
        redactor.learn("abc12");
        assert!(redactor.is_in("it was ABC12!"));
        assert!(!redactor.is_in("it was abc1"));
        redactor.learn("");
        assert!(!redactor.is_in("anything"));
    }

    #[test]
    fn secrets_of_long_ago_are_forgotten() {
        let redactor = redactor();
        for number in 0..MOST_SECRETS {
            redactor.learn(&format!("other-secret-{number}-xyz"));
        }
        assert!(!redactor.is_in(COOKIE));
        assert!(redactor.is_in("other-secret-0-xyz"));
    }
}

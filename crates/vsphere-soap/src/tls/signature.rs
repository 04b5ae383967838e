//! Whether the server owns the key of its certificate, where the TLS library's own check stops at the certificate's form.

use ring::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RsaParameters, UnparsedPublicKey,
};
use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;

use super::certificate::PublicKey;
use crate::connect_failure::CertificateFault;

/// A shorter RSA key does not prove anything to those who trust a CA.
const LEAST_RSA_BITS: usize = 2_048;

/// Which form of the handshake a signature belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handshake {
    Tls12,
    Tls13,
}

/// Whether `signature` over `message` was made with `key`. Nothing else about the certificate counts.
pub(super) fn is_made_with(
    key: &PublicKey,
    handshake: Handshake,
    algorithms: &WebPkiSupportedAlgorithms,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let of_scheme = algorithms
        .mapping
        .iter()
        .find(|(known, _)| *known == scheme);
    let of_scheme = of_scheme.map_or(&[][..], |(_, algorithms)| algorithms);
    let usable = match handshake {
        // A scheme names the curve too, so only the first algorithm is the right one. RSA needs PSS.
        Handshake::Tls13 if is_pkcs1(scheme) => &[],
        Handshake::Tls13 => of_scheme.get(..1).unwrap_or_default(),
        Handshake::Tls12 => of_scheme,
    };
    let verifies = usable.iter().any(|algorithm| {
        algorithm.public_key_alg_id().as_ref() == key.algorithm
            && algorithm
                .verify_signature(&key.bits, message, signature)
                .is_ok()
    });
    let by_short_key = || {
        handshake == Handshake::Tls12
            && key.rsa_bits.is_some()
            && for_short_keys(scheme).is_some_and(|parameters| {
                UnparsedPublicKey::new(parameters, &key.bits)
                    .verify(message, signature)
                    .is_ok()
            })
    };
    verifies || by_short_key()
}

/// What is wrong where a signature does not verify.
pub(super) fn fault(
    key: Option<&PublicKey>,
    algorithms: &WebPkiSupportedAlgorithms,
    scheme: SignatureScheme,
) -> CertificateFault {
    let is_known = algorithms.mapping.iter().any(|(known, _)| *known == scheme);
    match key {
        Some(PublicKey {
            rsa_bits: Some(bits),
            ..
        }) if *bits < LEAST_RSA_BITS => CertificateFault::WeakKey { bits: *bits },
        Some(key) if !is_known => CertificateFault::UnsupportedKey {
            kind: key.kind.clone(),
        },
        None if !is_known => CertificateFault::UnsupportedKey {
            kind: format!("{scheme:?}"),
        },
        _ => CertificateFault::NotProven,
    }
}

pub(super) fn is_pss(scheme: SignatureScheme) -> bool {
    matches!(
        scheme,
        SignatureScheme::RSA_PSS_SHA256
            | SignatureScheme::RSA_PSS_SHA384
            | SignatureScheme::RSA_PSS_SHA512
    )
}

fn is_pkcs1(scheme: SignatureScheme) -> bool {
    matches!(
        scheme,
        SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512
    )
}

fn for_short_keys(scheme: SignatureScheme) -> Option<&'static RsaParameters> {
    match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => Some(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        SignatureScheme::RSA_PKCS1_SHA512 => Some(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;

    use super::*;
    use crate::tls::certificate::Reading;

    const RSA_1024: &[u8] = include_bytes!("../../tests/fixtures/certificates/rsa1024.der");
    const VERSION_1: &[u8] = include_bytes!("../../tests/fixtures/certificates/version1.der");

    fn is_proven(
        certificate: &[u8],
        handshake: Handshake,
        scheme: SignatureScheme,
        message: &str,
        signature: &[u8],
    ) -> bool {
        let reading = Reading::of(&CertificateDer::from(certificate));
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        is_made_with(
            reading.key().unwrap(),
            handshake,
            &algorithms,
            scheme,
            message.as_bytes(),
            signature,
        )
    }

    #[test]
    fn a_short_rsa_key_proves_its_ownership_under_tls_1_2() {
        let of_256 = include_bytes!("../../tests/fixtures/certificates/rsa1024.pkcs1-sha256.sig");
        let of_512 = include_bytes!("../../tests/fixtures/certificates/rsa1024.pkcs1-sha512.sig");
        for (scheme, signature) in [
            (SignatureScheme::RSA_PKCS1_SHA256, of_256),
            (SignatureScheme::RSA_PKCS1_SHA512, of_512),
        ] {
            for (handshake, message, proven) in [
                (Handshake::Tls12, "message", true),
                (Handshake::Tls12, "another", false),
                (Handshake::Tls13, "message", false),
            ] {
                let found = is_proven(RSA_1024, handshake, scheme, message, signature);
                assert_eq!(found, proven, "{scheme:?} {handshake:?} {message}");
            }
        }
    }

    #[test]
    fn a_certificate_of_version_1_proves_its_ownership() {
        let signature =
            include_bytes!("../../tests/fixtures/certificates/version1.p256-sha256.sig");
        let scheme = SignatureScheme::ECDSA_NISTP256_SHA256;
        for handshake in [Handshake::Tls12, Handshake::Tls13] {
            assert!(is_proven(
                VERSION_1, handshake, scheme, "message", signature
            ));
            assert!(!is_proven(
                VERSION_1, handshake, scheme, "another", signature
            ));
            let other = SignatureScheme::ECDSA_NISTP384_SHA384;
            assert!(!is_proven(
                VERSION_1, handshake, other, "message", signature
            ));
        }
    }
}

//! Signatures and the refund example published for v2.

use proptest::prelude::*;
use serde_json::Value;
use wechatpay::Secret;
use wechatpay::v2::{ReqInfoError, SignType, decrypt_req_info, sign, verify};

fn text(value: &Value) -> &str {
    value.as_str().expect("a text in the vectors")
}

#[test]
fn every_published_signature() {
    let json: Value = serde_json::from_str(include_str!("../vectors/v2-sign.json")).expect("JSON");
    let vectors = json["vectors"].as_array().expect("a list");
    assert_eq!(vectors.len(), 13);
    for vector in vectors {
        let key = Secret::new(text(&vector["key"]).to_owned());
        let fields = || {
            let fields = text(&vector["sorted_params_without_key"]).split('&');
            fields.map(|field| field.split_once('=').expect("name=value"))
        };
        let sign_type = match text(&vector["algorithm"]) {
            "MD5" => SignType::Md5,
            "HMAC-SHA256" => SignType::HmacSha256,
            other => panic!("unexpected algorithm {other}"),
        };
        let expected = text(&vector["sign"]);
        let ignored = [("empty", ""), ("sign", "ANYTHING")];
        assert_eq!(sign(fields(), &key, sign_type), expected, "{}", vector["source"]);
        assert_eq!(sign(fields().chain(ignored), &key, sign_type), expected, "left out");
        assert_eq!(sign(fields().collect::<Vec<_>>().into_iter().rev(), &key, sign_type), expected, "any order");
        assert!(verify(fields(), &key, expected), "the algorithm follows from the length");
        assert!(!verify(fields().chain([("new_field", "1")]), &key, expected), "every field is signed");
        assert!(!verify(fields(), &Secret::new("0".repeat(32)), expected));
    }
}

#[test]
fn keys_sort_by_their_bytes() {
    let key = Secret::new("192006250b4c09247ec02edce69f6a2d".to_owned());
    let signed = sign([("b", "1"), ("B", "2"), ("a_", "3"), ("aA", "4")], &key, SignType::Md5);
    // printf 'B=2&aA=4&a_=3&b=1&key=192006250b4c09247ec02edce69f6a2d' | md5sum
    assert_eq!(signed, "B477D4DB935C156D992AB2CDB1D7041C");
}

#[test]
fn the_published_refund_decrypts() {
    let json: Value = serde_json::from_str(include_str!("../vectors/v2-refund-req-info.json")).expect("JSON");
    let key = Secret::new(text(&json["api_key"]).to_owned());
    let req_info = text(&json["req_info"]);
    assert_eq!(decrypt_req_info(req_info, &key).expect("decrypts").expose(), text(&json["plaintext"]));
    let other = Secret::new("0".repeat(32));
    assert_eq!(decrypt_req_info(req_info, &other).err(), Some(ReqInfoError::DoesNotDecrypt));
    assert_eq!(decrypt_req_info("***", &key).err(), Some(ReqInfoError::NotBase64));
    assert_eq!(decrypt_req_info("AAAA", &key).err(), Some(ReqInfoError::DoesNotDecrypt));
}

proptest! {
    #[test]
    fn nothing_received_makes_v2_panic(req_info in "[A-Za-z0-9+/=]{0,200}", signature in "\\PC{0,70}") {
        let key = Secret::new("192006250b4c09247ec02edce69f6a2d".to_owned());
        let _ = decrypt_req_info(&req_info, &key);
        prop_assert!(!verify([("a", "1")], &key, &signature));
    }
}

//! What holds for any message.

use proptest::prelude::*;
use wechatpay::v2::{Fields, SignType, SignatureError};

use super::{key, md5, paid, signed, signed_as};

proptest! {
    #[test]
    fn what_was_signed_verifies_after_the_wire(
        fields in prop::collection::btree_map("[A-Za-z_][A-Za-z0-9_]{0,12}", "[ -~茶\n]{0,20}", 0..12), hmac in any::<bool>(), said in any::<bool>(),
    ) {
        let sign_type = if hmac { SignType::HmacSha256 } else { SignType::Md5 };
        let mut all = fields.into_iter().fold(Fields::new(), |all, (name, value)| all.with(&name, value)).with("sign_type", "");
        if said {
            all = all.with("sign_type", sign_type.as_str());
        }
        let signed = all.signed(&key(), sign_type);
        let received = Fields::read(signed.write().expect("writes").as_bytes()).expect("reads");
        prop_assert!(received.verified(&key()).is_ok());
    }

    #[test]
    fn any_flipped_bit_of_a_signed_message_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let message = signed_as(paid(), SignType::HmacSha256);
        let whole = md5().read_payment_notification(&message).expect("reads");
        let mut flipped = message.clone();
        flipped[at.index(message.len())] ^= 1 << bit;
        // A flip in the white space or in the case of the markup changes no field; none may change what is read.
        if let Ok(transaction) = md5().read_payment_notification(&flipped) {
            prop_assert_eq!(transaction, whole);
        }
    }

    #[test]
    fn any_changed_field_of_a_signed_message_is_noticed(
        at in any::<prop::sample::Index>(), value in "[ -~茶]{1,20}", sign_type in prop::sample::select(&[SignType::Md5, SignType::HmacSha256][..]),
    ) {
        let signed = paid().signed(&key(), sign_type);
        let names: Vec<String> = signed.iter().map(|(name, _)| name.to_owned()).collect();
        let name = &names[at.index(names.len())];
        prop_assume!(signed.get(name) != Some(value.as_str()));
        prop_assert_eq!(signed.clone().with(name, value.clone()).verified(&key()).err(), Some(SignatureError::Wrong));
        prop_assert_eq!(signed.with("new_field", value).verified(&key()).err(), Some(SignatureError::Wrong));
    }

    #[test]
    fn nothing_received_makes_the_readers_panic(bytes in any::<Vec<u8>>(), value in "\\PC{0,60}", at in any::<prop::sample::Index>()) {
        let names: Vec<String> = paid().iter().map(|(name, _)| name.to_owned()).collect();
        let message = signed(paid().with(&names[at.index(names.len())], value));
        for message in [bytes, message] {
            let merchant = md5();
            let _ = merchant.read_unified_order(&message);
            let _ = merchant.read_order_query(&message);
            let _ = merchant.read_close_order(&message);
            let _ = merchant.read_refund(&message);
            let _ = merchant.read_refund_query(&message);
            let _ = merchant.read_payment_notification(&message);
            let _ = merchant.read_refund_notification(&message);
        }
    }
}

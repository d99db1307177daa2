//! Who asks for a payment and for whom: a merchant by itself, or a service provider.

use super::Asked;
use super::fields::{Fields, join};
use super::refusal::Refusal;
use crate::book::{Owner, Partner, Payee};
use crate::identity::Identity;
use crate::text::text;

/// The openid is missing.
const NO_OPENID: u64 = 268_501_013;

/// Which of the two a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Direct,
    Partner,
}

/// The payee of a prepay, and the mini program that is paid in.
pub(super) fn read_payee(asked: &Asked<'_>, mode: Mode, root: &mut Fields<'_>) -> Result<(Payee, String), Refusal> {
    match mode {
        Mode::Direct => {
            let appid = root.text("appid", 1..=32)?.to_owned();
            let mchid = root.text("mchid", 1..=32)?.to_owned();
            Ok((Payee::Direct { mchid }, appid))
        }
        Mode::Partner => {
            let sp_appid = root.text("sp_appid", 1..=32)?.to_owned();
            let sp_mchid = root.text("sp_mchid", 1..=32)?.to_owned();
            let sub_appid = root.optional_text("sub_appid", 1..=32)?.map(str::to_owned);
            let sub_mchid = read_sub_mchid(asked, root)?;
            let appid = sub_appid.clone().unwrap_or_else(|| sp_appid.clone());
            Ok((Payee::Partner(Partner { sp_mchid, sp_appid, sub_mchid, sub_appid }), appid))
        }
    }
}

fn read_sub_mchid(asked: &Asked<'_>, root: &mut Fields<'_>) -> Result<String, Refusal> {
    let Some(sub_mchid) = root.optional_text("sub_mchid", 1..=32)? else {
        return Err(root.bad("sub_mchid", text("is required", "必填")).with_numeric(268_443_704));
    };
    check_sub_mchid(asked, sub_mchid)?;
    Ok(sub_mchid.to_owned())
}

/// The sub-merchant must be this service provider's.
pub(super) fn check_sub_mchid(asked: &Asked<'_>, sub_mchid: &str) -> Result<(), Refusal> {
    if sub_mchid == asked.merchant.mchid {
        let rule = text(
            "sub_mchid is the service provider's own number: it must be the sub-merchant's",
            "sub_mchid 填成了服务商自己的商户号",
        );
        return Err(Refusal::partner(400, "INVALID_REQUEST", 268_443_705, rule));
    }
    if sub_mchid != asked.merchant.sub_mchid {
        let rule = text(
            "sub_mchid is not a sub-merchant of this service provider: bind it first",
            "该子商户与服务商没有绑定关系",
        );
        return Err(Refusal::partner(403, "NO_AUTH", 268_443_701, rule));
    }
    Ok(())
}

/// Header and body must name the same merchant, and its mini programs must be bound to it.
pub(super) fn check_payee(asked: &Asked<'_>, payee: &Payee, appid: &str) -> Result<(), Refusal> {
    let identity = &asked.sandbox.identity;
    let caller = &asked.merchant.mchid;
    if payee.mchid() != caller {
        return Err(Refusal::other_mchid(match payee {
            Payee::Direct { .. } => "mchid in the body",
            Payee::Partner(_) => "sp_mchid in the body",
        }));
    }
    let own = match payee {
        Payee::Direct { .. } => appid,
        Payee::Partner(partner) => &partner.sp_appid,
    };
    // A sub-merchant's mini program must be bound to it; here they are those that are bound at all.
    if identity.is_bound(own, caller) && identity.is_bound(appid, caller) { Ok(()) } else { Err(Refusal::not_bound()) }
}

/// Without a payer nothing else is looked at.
pub(super) fn need_payer(root: &mut Fields<'_>) -> Result<(), Refusal> {
    let payer = root.optional_object("payer")?;
    payer.map(drop).ok_or_else(|| root.missing("payer").with_numeric(NO_OPENID))
}

/// The payer, by an openid in the mini program that is paid in or in the service provider's.
pub(super) fn read_payer(
    asked: &Asked<'_>,
    payee: &Payee,
    appid: &str,
    root: &mut Fields<'_>,
) -> Result<String, Refusal> {
    let identity = &asked.sandbox.identity;
    let mut payer = root.object("payer")?;
    let openid = match payee {
        Payee::Direct { .. } => {
            let openid = payer.optional_text("openid", 1..=128)?;
            let openid = openid.ok_or_else(|| payer.missing("openid").with_numeric(NO_OPENID))?;
            check_openid(identity, appid, &payer, ("openid", openid))?;
            openid.to_owned()
        }
        Payee::Partner(partner) => {
            let sp_openid = payer.optional_text("sp_openid", 1..=128)?;
            let sub_openid = payer.optional_text("sub_openid", 1..=128)?;
            match (sp_openid, sub_openid) {
                (Some(openid), None) => {
                    check_openid(identity, &partner.sp_appid, &payer, ("sp_openid", openid))?;
                    let own = identity.elsewhere(&partner.sp_appid, openid, appid);
                    own.ok_or_else(Refusal::openid_of_elsewhere)?.to_owned()
                }
                (None, Some(openid)) => {
                    if partner.sub_appid.is_none() {
                        return Err(payer.bad("sub_openid", text("needs sub_appid", "需要同时传 sub_appid")));
                    }
                    check_openid(identity, appid, &payer, ("sub_openid", openid))?;
                    openid.to_owned()
                }
                (None, None) => {
                    let rule = text("or sub_openid is required", "与 sub_openid 必须传一个");
                    return Err(payer.bad("sp_openid", rule).with_numeric(NO_OPENID));
                }
                (Some(_), Some(_)) => {
                    let rule = text("and sub_openid must not both be there", "与 sub_openid 只能传一个");
                    return Err(payer.bad("sp_openid", rule));
                }
            }
        }
    };
    payer.finish()?;
    Ok(openid)
}

/// Nobody's, and somebody's of another mini program, are different mistakes.
fn check_openid(
    identity: &Identity,
    appid: &str,
    payer: &Fields<'_>,
    (name, openid): (&str, &str),
) -> Result<(), Refusal> {
    if identity.knows(appid, openid) {
        Ok(())
    } else if identity.app_of(openid).is_some() {
        Err(Refusal::openid_of_elsewhere())
    } else {
        Err(payer.bad(name, text("is nobody's openid (无效的openid)", "不是任何用户的 openid")))
    }
}

/// Within whose books a query or a close looks: its parameters must name the caller.
pub(super) fn owner(
    asked: &Asked<'_>,
    mode: Mode,
    given: impl Fn(&str) -> Option<String>,
    place: &str,
) -> Result<Owner, Refusal> {
    let required = |name: &str| {
        let rule = text("is required", "必填");
        given(name).filter(|value| !value.is_empty()).ok_or_else(|| match place {
            "query" => Refusal::query(name, rule),
            _ => Refusal::field(&join("", name), rule),
        })
    };
    let own = |name: &str, mchid: &str| {
        if mchid == asked.merchant.mchid {
            Ok(())
        } else {
            let en = format!("{name} in the {place} is not the mchid in Authorization");
            Err(Refusal::sign(text(en, format!("{name} 与 Authorization 中的 mchid 不一致"))))
        }
    };
    match mode {
        Mode::Direct => {
            let mchid = required("mchid")?;
            own("mchid", &mchid)?;
            Ok(Owner::direct(&mchid))
        }
        Mode::Partner => {
            let (sp_mchid, sub_mchid) = (required("sp_mchid")?, required("sub_mchid")?);
            own("sp_mchid", &sp_mchid)?;
            check_sub_mchid(asked, &sub_mchid)?;
            Ok(Owner::partner(&sp_mchid, &sub_mchid))
        }
    }
}

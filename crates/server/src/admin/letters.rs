//! Letters to others: what became of them, and the dead ones, which stop their order's stream until somebody
//! replays or skips them.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wx_checkout::domain::OrderId;

use super::problem::{Answer, Code, Refusal};
use super::{Desk, describe as refusals, reason};
use crate::outbox::{self, Replay};
use crate::problem;
use crate::routes::body;
use crate::store::{Channel, Letter, LetterState, Skip, Skipped};

/// Letters of one page.
const PAGE: u32 = 50;

/// Who is told.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Channel)]
pub(super) enum ChannelName {
    /// The merchant's own system.
    #[default]
    Webhook,
    /// WeChat, that goods are on their way.
    Shipping,
}

/// A letter as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LetterShown {
    /// The name that a receiver knows it by; empty for those of before there were names.
    id: String,
    channel: ChannelName,
    /// Absent for a payment that no order knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_id: Option<OrderId>,
    /// 1, 2, 3 ... within its stream.
    sequence: u64,
    /// What happened: `paid`, `closed`, `refunded` ...
    action: String,
    /// The payment or refund that it is about; may be empty.
    subject: String,
    /// Milliseconds since 1970.
    created_ms: u64,
    /// `due`, `behind`, `dead`, `delivered`, `skipped` or `passed_over`.
    state: &'static str,
    /// How many letters wait behind a dead one.
    behind: u64,
    /// How often it was sent.
    tries: u32,
    /// What became of the last try; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last: Option<TryShown>,
    /// Why somebody gave it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    skipped_why: Option<String>,
}

/// A try to deliver a letter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TryShown {
    /// Milliseconds since 1970.
    at_ms: u64,
    /// What the receiver answered; 0 when it did not.
    status: u16,
    /// What went wrong; empty when nothing did.
    error: String,
}

impl LetterShown {
    pub(super) fn of(letter: Letter) -> Self {
        let state = outbox::word(&letter.state);
        let (behind, skipped_why) = match letter.state {
            LetterState::Dead { behind } => (behind, None),
            LetterState::Skipped(Skip { why, .. }) => (0, Some(why)),
            _ => (0, None),
        };
        Self {
            id: letter.id,
            channel: match letter.channel {
                Channel::Webhook => ChannelName::Webhook,
                Channel::Shipping => ChannelName::Shipping,
            },
            order_id: letter.order,
            sequence: letter.sequence,
            action: letter.action,
            subject: letter.subject,
            created_ms: letter.created_ms,
            state,
            behind,
            tries: letter.tries,
            last: letter.last.map(|last| TryShown {
                at_ms: last.at_ms,
                status: last.status.unwrap_or(0),
                error: last.error.unwrap_or_default(),
            }),
            skipped_why,
        }
    }
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Self {
        match name {
            ChannelName::Webhook => Self::Webhook,
            ChannelName::Shipping => Self::Shipping,
        }
    }
}

/// The query of `GET /admin/api/letters`.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LettersQuery {
    /// Whose letters.
    #[serde(default)]
    #[param(inline)]
    channel: ChannelName,
    /// `next` of the page before.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// Dead letters, the oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct LetterPage {
    letters: Vec<LetterShown>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<i64>,
}

/// `GET /admin/api/letters`
#[utoipa::path(
    get,
    path = "/admin/api/letters",
    tag = "letters",
    summary = "Dead letters: each stops what follows about its order, until it is replayed or skipped",
    params(LettersQuery),
    responses((status = 200, description = "These", body = LetterPage), refusals::Read),
    security(("operator" = []))
)]
pub(super) async fn dead(
    State(desk): State<Desk>,
    query: Result<Query<LettersQuery>, QueryRejection>,
) -> Answer<LetterPage> {
    let bad = || {
        Refusal::new(
            Code::MalformedRequest,
            "The query takes channel (webhook or shipping) and after. Nothing was changed; correct it.",
        )
    };
    let Query(LettersQuery { channel, after }) = query.map_err(|_| bad())?;
    let after = after.unwrap_or(0);
    if after < 0 {
        return Err(bad());
    }
    let mut letters = desk.checkout.store.dead_letters(channel.into(), after, PAGE + 1).await?;
    let more = letters.len() > PAGE as usize;
    letters.truncate(PAGE as usize);
    let next = letters.last().filter(|_| more).map(|letter| letter.arrival);
    Ok(Json(LetterPage { letters: letters.into_iter().map(LetterShown::of).collect(), next }))
}

/// What became of a replay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReplayAnswer {
    outcome: ReplayOutcome,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReplayOutcome {
    /// It is due now; the server sends it by itself.
    Due,
    /// It was delivered before, and the receiver has taken it once more, under the same name.
    SentAgain,
}

/// `POST /admin/api/letters/{letterId}/replay`
#[utoipa::path(
    post,
    path = "/admin/api/letters/{letterId}/replay",
    tag = "letters",
    summary = "Sends a letter again, under the name, the number and the bytes that it has",
    params(("letterId" = String, Path)),
    responses((status = 200, description = "What it came to", body = ReplayAnswer), refusals::Letter),
    security(("operator" = []))
)]
pub(super) async fn replay(State(desk): State<Desk>, id: Result<Path<String>, PathRejection>) -> Answer<ReplayAnswer> {
    let letter = find(&desk, id).await?;
    audit(&desk, &letter, "replay_asked").await?;
    let outcome = match desk.checkout.outbox.replay(&letter.id).await? {
        Replay::Due => ReplayOutcome::Due,
        Replay::SentAgain { .. } => ReplayOutcome::SentAgain,
        Replay::NotTaken { status, error } => {
            let answered = status.map_or_else(String::new, |status| format!(", with status {status}"));
            return Err(Refusal::new(
                Code::LetterNotTaken,
                format!(
                    "The letter was delivered before, and the receiver did not take it once more ({error}{answered}). \
                     Nothing was changed; ask again when the receiver is well."
                ),
            ));
        }
        Replay::StillBeingSent => {
            return Err(Refusal::new(
                Code::LetterBeingSent,
                "The letter was delivered before, and is still being sent once more: the receiver takes its time. Nothing was \
                 changed; the log says what it answers.",
            ));
        }
        Replay::Impossible => {
            return Err(Refusal::new(
                Code::LetterDone,
                "The letter is done with and cannot be sent once more: nobody is configured to be told, or it was not kept \
                 whole. Nothing was changed.",
            ));
        }
        Replay::Behind => return Err(behind()),
        Replay::Unknown => return Err(no_such_letter()),
    };
    Ok(Json(ReplayAnswer { outcome }))
}

/// Which letters are all due again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReplayAllRequest {
    channel: ChannelName,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct ReplayAllAnswer {
    /// How many streams go on.
    streams: u64,
}

/// `POST /admin/api/replays`
#[utoipa::path(
    post,
    path = "/admin/api/replays",
    tag = "letters",
    summary = "Makes every letter due that is neither delivered nor given up: after the receiver was mended",
    request_body = ReplayAllRequest,
    responses((status = 200, description = "What it came to", body = ReplayAllAnswer), refusals::Change),
    security(("operator" = []))
)]
pub(super) async fn replay_all(
    State(desk): State<Desk>,
    request: Result<body::Json<ReplayAllRequest>, problem::Refusal>,
) -> Answer<ReplayAllAnswer> {
    let body::Json(ReplayAllRequest { channel }) = request?;
    let streams = desk.checkout.outbox.replay_all(channel.into()).await?;
    Ok(Json(ReplayAllAnswer { streams }))
}

/// Why a letter is given up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SkipRequest {
    /// In words for whoever looks at it later: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    why: String,
}

/// The letter is given up.
#[derive(Serialize, ToSchema)]
pub(super) struct SkipAnswer {
    /// Always true: its stream goes on with the next letter.
    skipped: bool,
}

/// `POST /admin/api/letters/{letterId}/skip`
#[utoipa::path(
    post,
    path = "/admin/api/letters/{letterId}/skip",
    tag = "letters",
    summary = "Gives a letter up: its stream goes on with the next, and the receiver never hears of it",
    params(("letterId" = String, Path)),
    request_body = SkipRequest,
    responses((status = 200, description = "It is given up", body = SkipAnswer), refusals::Letter),
    security(("operator" = []))
)]
pub(super) async fn skip(
    State(desk): State<Desk>,
    id: Result<Path<String>, PathRejection>,
    request: Result<body::Json<SkipRequest>, problem::Refusal>,
) -> Answer<SkipAnswer> {
    let letter = find(&desk, id).await?;
    let body::Json(SkipRequest { why }) = request?;
    reason::check(&why, "the letter is given up")?;
    audit(&desk, &letter, "skip_asked").await?;
    let by = "operator".to_owned();
    match desk.checkout.outbox.skip(&letter.id, Skip { by, why }).await? {
        Skipped::Now => Ok(Json(SkipAnswer { skipped: true })),
        Skipped::BeingSent { for_ms } => Err(Refusal::new(
            Code::LetterBeingSent,
            "The letter is being sent at this moment. Nothing was changed; look at what becomes of it, and ask again.",
        )
        .after(for_ms)),
        Skipped::Done => Err(Refusal::new(
            Code::LetterDone,
            "The letter is done with: it was delivered, or given up before. Nothing was changed.",
        )),
        Skipped::Behind => Err(behind()),
        Skipped::Unknown => Err(no_such_letter()),
    }
}

async fn find(desk: &Desk, id: Result<Path<String>, PathRejection>) -> Result<Letter, Refusal> {
    let Path(id) = id.map_err(|_| no_such_letter())?;
    if id.is_empty() || id.contains('\0') {
        return Err(no_such_letter());
    }
    desk.checkout.store.letter(&id).await?.ok_or_else(no_such_letter)
}

async fn audit(desk: &Desk, letter: &Letter, what: &'static str) -> Result<(), Refusal> {
    match &letter.order {
        Some(order) => desk.audit(order, what, &letter.id).await?,
        None => tracing::info!(letter = letter.id, what, "the operator changes something"),
    }
    Ok(())
}

fn no_such_letter() -> Refusal {
    Refusal::new(Code::LetterNotFound, "There is no letter of this name. Nothing was changed; look at the list again.")
}

fn behind() -> Refusal {
    Refusal::new(
        Code::LetterBehind,
        "Another letter about the same order comes first. Nothing was changed; replay or skip that one.",
    )
}

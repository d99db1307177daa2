//! M12: the daily comparisons with WeChat's bill.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wx_checkout::domain::OrderId;

use super::problem::{Answer, Code, Refusal};
use super::{Desk, describe as refusals};
use crate::bills::{self, About, Account, Asked, BillError, BillOf, Day, DayReport, DayState, Listed, What};
use crate::checkout::Checkout;
use crate::problem;
use crate::routes::body;

/// Reports of one page.
const PAGE: u32 = 60;

/// Differences of one page.
const DIFFERENCES: u32 = 200;

/// How long a comparison is waited for; it goes on by itself after that.
const PATIENCE: Duration = Duration::from_secs(20);

/// A day's comparison for one account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportShown {
    /// Beijing's, as 2026-01-31.
    day: String,
    mchid: String,
    /// In partner mode, the merchant that receives the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub_mchid: Option<String>,
    /// `open`, `compared`, `no_bill` or `given_up`.
    state: &'static str,
    /// When it ended, or, while it is open, is tried next; milliseconds since 1970.
    at_ms: u64,
    /// Why the last try came to nothing; empty where none did.
    problem: String,
    /// Lines so far, of whatever kind.
    lines: u64,
    /// Those of orders here.
    ours: u64,
    /// Those of other systems of the same merchant.
    others: u64,
    /// Lines with numbers of our form and no order here, beyond those that are listed.
    unlisted: u64,
    /// Differences that were found.
    differences: u64,
    /// Those that still stand: neither mended by what the bill said, nor gone since.
    standing: u64,
}

impl ReportShown {
    pub(super) fn of(report: DayReport) -> Self {
        let DayReport { bill: BillOf { account, day }, state, counts, differences, standing, .. } = report;
        let (state, at_ms, problem) = match state {
            DayState::Open { next_ms, problem, .. } => ("open", next_ms, problem),
            DayState::Compared { at_ms } => ("compared", at_ms, String::new()),
            DayState::NoBill { at_ms } => ("no_bill", at_ms, String::new()),
            DayState::GivenUp { at_ms, problem } => ("given_up", at_ms, problem),
        };
        Self {
            day: day.to_string(),
            mchid: account.mchid,
            sub_mchid: account.sub_mchid,
            state,
            at_ms,
            problem,
            lines: counts.lines,
            ours: counts.ours,
            others: counts.others,
            unlisted: counts.unlisted,
            differences,
            standing,
        }
    }
}

/// Something that the bill and the books say differently.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DifferenceShown {
    /// `payment` or `refund`.
    about: &'static str,
    /// WeChat's number of the payment, or the merchant's number of the refund.
    number: String,
    out_trade_no: String,
    /// Absent when no order has the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_id: Option<OrderId>,
    /// `missing_here`, `missing_there`, `amount`, `state` or `misfit`.
    what: &'static str,
    /// Fen by the books; 0 where it says nothing.
    here: u32,
    /// Fen by the bill; 0 where it says nothing.
    there: u32,
    /// The books' word, or what does not fit; may be empty.
    here_state: String,
    /// The bill's word; may be empty.
    there_state: String,
    /// Milliseconds since 1970.
    found_ms: u64,
    /// The books agree by now.
    mended: bool,
}

impl DifferenceShown {
    fn of(listed: Listed) -> Self {
        let Listed { difference, found_ms, mended } = listed;
        let (what, here, there, here_state, there_state) = match difference.what {
            What::MissingHere { there, there_state } => ("missing_here", 0, there, String::new(), there_state),
            What::MissingThere { here, here_state } => ("missing_there", here, 0, here_state, String::new()),
            What::Amount { here, there } => ("amount", here, there, String::new(), String::new()),
            What::State { here_state, there_state } => ("state", 0, 0, here_state, there_state),
            What::Misfit { here_state } => ("misfit", 0, 0, here_state, String::new()),
        };
        Self {
            about: match difference.about {
                About::Payment => "payment",
                About::Refund => "refund",
            },
            number: difference.number,
            out_trade_no: difference.out_trade_no,
            order_id: difference.order_id,
            what,
            here,
            there,
            here_state,
            there_state,
            found_ms,
            mended,
        }
    }
}

/// The query of `GET /admin/api/comparisons`.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportsQuery {
    /// Days before this one only, as 2026-01-31.
    #[param(max_length = 10)]
    before: Option<String>,
}

/// Comparisons, the newest day first.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportPage {
    reports: Vec<ReportShown>,
    /// The day to ask `before` next; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// `GET /admin/api/comparisons`
#[utoipa::path(
    get,
    path = "/admin/api/comparisons",
    tag = "comparisons",
    summary = "Days compared with WeChat's bill, or to be compared",
    params(ReportsQuery),
    responses((status = 200, description = "These", body = ReportPage), refusals::Read),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    query: Result<Query<ReportsQuery>, QueryRejection>,
) -> Answer<ReportPage> {
    let Query(ReportsQuery { before }) = query.map_err(|_| bad_day())?;
    let before = before.map(|text| text.parse().map_err(|_| bad_day())).transpose()?;
    let reports = bills::reports(&desk.checkout, before, PAGE).await?;
    let full = reports.len() >= PAGE as usize;
    let next = reports.last().filter(|_| full).map(|report| report.bill.day.to_string());
    Ok(Json(ReportPage { reports: reports.into_iter().map(ReportShown::of).collect(), next }))
}

/// The query of `GET /admin/api/comparisons/{day}`.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DayQuery {
    /// Differences of each account that are left out: 200 are shown.
    #[serde(default)]
    #[param(minimum = 0, maximum = 1_000_000)]
    skip: u32,
}

/// No day has as many differences.
const MOST_SKIPPED: u32 = 1_000_000;

/// A day, account by account.
#[derive(Serialize, ToSchema)]
pub(super) struct DayAnswer {
    reports: Vec<DayShown>,
}

/// A day's comparison for one account, and what differs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DayShown {
    report: ReportShown,
    /// Those that stand first.
    differences: Vec<DifferenceShown>,
}

/// `GET /admin/api/comparisons/{day}`
#[utoipa::path(
    get,
    path = "/admin/api/comparisons/{day}",
    tag = "comparisons",
    summary = "One day's reports with every difference; no report where the day was never to be compared",
    params(("day" = String, Path, description = "As 2026-01-31"), DayQuery),
    responses((status = 200, description = "The reports", body = DayAnswer), refusals::Read),
    security(("operator" = []))
)]
pub(super) async fn day(
    State(desk): State<Desk>,
    day: Result<Path<String>, PathRejection>,
    query: Result<Query<DayQuery>, QueryRejection>,
) -> Answer<DayAnswer> {
    let Path(day) = day.map_err(|_| bad_day())?;
    let day: Day = day.parse().map_err(|_| bad_day())?;
    let Query(DayQuery { skip }) = query.map_err(|_| bad_day())?;
    if skip > MOST_SKIPPED {
        return Err(bad_day());
    }
    let mut reports = vec![];
    for account in bills::accounts(&desk.checkout) {
        let bill = BillOf { account, day };
        let Some(report) = bills::report(&desk.checkout, &bill).await? else { continue };
        let differences = bills::differences(&desk.checkout, &bill, skip, DIFFERENCES).await?;
        reports.push(DayShown {
            report: ReportShown::of(report),
            differences: differences.into_iter().map(DifferenceShown::of).collect(),
        });
    }
    Ok(Json(DayAnswer { reports }))
}

/// Which day is compared.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CompareRequest {
    /// As 2026-01-31; the last one whose bill can be had if absent.
    day: Option<String>,
}

/// What a comparison came to.
#[derive(Serialize, ToSchema)]
pub(super) struct CompareAnswer {
    /// Which day.
    day: String,
    /// It has ended, well or not; if not, it goes on by itself: read its reports.
    ended: bool,
    reports: Vec<ReportShown>,
    /// Accounts that could not be compared now.
    problems: Vec<AccountProblem>,
}

/// Why an account could not be compared.
#[derive(Serialize, ToSchema)]
struct AccountProblem {
    mchid: String,
    detail: String,
}

/// `POST /admin/api/comparisons`
#[utoipa::path(
    post,
    path = "/admin/api/comparisons",
    tag = "comparisons",
    summary = "Compares a day with WeChat's bill once more, from its first line, for every account that has keys here",
    request_body = CompareRequest,
    responses((status = 200, description = "What it came to", body = CompareAnswer), refusals::Compare),
    security(("operator" = []))
)]
pub(super) async fn compare(
    State(desk): State<Desk>,
    request: Result<body::Json<CompareRequest>, problem::Refusal>,
) -> Answer<CompareAnswer> {
    let body::Json(CompareRequest { day }) = request?;
    let day = match day {
        Some(text) => text.parse().map_err(|_| bad_day())?,
        None => Day::last_ready(desk.checkout.clock.now_ms()),
    };
    tracing::info!(day = %day, "the operator asks for a comparison");
    // On its own: a large bill takes longer than a request may, and who hangs up does not end it.
    let running = tokio::spawn(all_accounts(Arc::clone(&desk.checkout), day));
    let Ok(done) = tokio::time::timeout(PATIENCE, running).await else {
        return Ok(Json(CompareAnswer { day: day.to_string(), ended: false, reports: vec![], problems: vec![] }));
    };
    let outcomes = done.map_err(|error| Refusal::internal(&error))?;
    let (mut reports, mut problems) = (vec![], vec![]);
    for (account, outcome) in outcomes {
        match outcome {
            Ok(report) => reports.push(ReportShown::of(report)),
            Err(error @ BillError::NotYet { .. }) => return Err(refused(Code::BillNotYet, &error)),
            Err(error @ BillError::TooOld { .. }) => return Err(refused(Code::BillTooOld, &error)),
            Err(error) => problems.push(AccountProblem { mchid: account.mchid, detail: error.to_string() }),
        }
    }
    Ok(Json(CompareAnswer { day: day.to_string(), ended: true, reports, problems }))
}

async fn all_accounts(checkout: Arc<Checkout>, day: Day) -> Vec<(Account, Result<DayReport, BillError>)> {
    let mut outcomes = vec![];
    for account in bills::accounts(&checkout) {
        let bill = BillOf { account, day };
        let outcome = bills::compare_day(&checkout, &bill, Asked::Again).await;
        if let Err(error) = &outcome {
            tracing::warn!(cause = %error, mchid = bill.account.mchid, day = %day, "a day could not be compared");
        }
        outcomes.push((bill.account, outcome));
    }
    outcomes
}

fn refused(code: Code, error: &BillError) -> Refusal {
    Refusal::new(code, format!("Nothing was compared: {error}. Nothing was changed."))
}

fn bad_day() -> Refusal {
    Refusal::new(
        Code::MalformedRequest,
        "A day is written as 2026-01-31, and skip is a number up to 1000000. Nothing was changed; correct the request.",
    )
}

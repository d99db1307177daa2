//! What the doctor found, for people and for scripts: the same in both.

use std::fmt::Write as _;

use serde::Serialize;

use super::checks::{Area, Check};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Pass,
    /// It works, or may work; somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How it ended.
    pub status: Status,
    /// What was seen. No secret stands in it.
    pub what: String,
    /// What to do about it, one sentence; empty when there is nothing to do.
    pub fix: String,
}

/// Findings while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn pass(&mut self, check: Check, what: impl Into<String>) {
        self.add(check, Status::Pass, what.into(), String::new());
    }

    pub(super) fn warn(&mut self, check: Check, what: impl Into<String>, fix: impl Into<String>) {
        self.add(check, Status::Warn, what.into(), fix.into());
    }

    pub(super) fn fail(&mut self, check: Check, what: impl Into<String>, fix: impl Into<String>) {
        self.add(check, Status::Fail, what.into(), fix.into());
    }

    /// Whether this check has failed so far.
    pub(super) fn failed(&self, check: Check) -> bool {
        self.0.iter().any(|finding| finding.check == check && finding.status == Status::Fail)
    }

    fn add(&mut self, check: Check, status: Status, what: String, fix: String) {
        self.0.push(Finding { check, status, what, fix });
    }
}

/// What the doctor found.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each check that could be made, in their order.
    pub findings: Vec<Finding>,
    /// Checks that could not be made, because something before them failed or is not configured.
    pub not_looked_at: Vec<Check>,
}

impl Report {
    /// A check that looked at several things says what is worst about them.
    pub(super) fn of(Findings(all): Findings) -> Self {
        let (mut findings, mut not_looked_at) = (vec![], vec![]);
        for check in Check::ALL.iter().copied() {
            let of_check: Vec<&Finding> = all.iter().filter(|finding| finding.check == check).collect();
            let Some(status) = of_check.iter().map(|finding| finding.status).max() else {
                not_looked_at.push(check);
                continue;
            };
            let worst = of_check.into_iter().filter(|finding| finding.status == status);
            let (what, fix): (Vec<&str>, Vec<&str>) =
                worst.map(|finding| (finding.what.as_str(), finding.fix.as_str())).unzip();
            findings.push(Finding { check, status, what: joined(what), fix: joined(fix) });
        }
        Self { findings, not_looked_at }
    }

    /// The worst of them.
    #[must_use]
    pub fn status(&self) -> Status {
        self.findings.iter().map(|finding| finding.status).max().unwrap_or(Status::Pass)
    }

    /// 0, 1 with warnings, 2 with failures.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.status() {
            Status::Pass => 0,
            Status::Warn => 1,
            Status::Fail => 2,
        }
    }

    /// For people: what going live requires, one heading each.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for area in Area::ALL {
            let _ = writeln!(text, "{}", area.heading());
            for Finding { check, status, what, fix } in self.findings.iter().filter(|f| f.check.area() == area) {
                let _ = writeln!(text, "  {}  {:<22} {what}", status.word(), check.id());
                if !fix.is_empty() {
                    let _ = writeln!(text, "        -> {fix}");
                }
            }
            text.push('\n');
        }
        if !self.not_looked_at.is_empty() {
            let ids: Vec<&str> = self.not_looked_at.iter().map(|check| check.id()).collect();
            let _ = writeln!(
                text,
                "Not looked at, for something before it failed or is not configured: {}",
                ids.join(", ")
            );
        }
        let count = |status| self.findings.iter().filter(|finding| finding.status == status).count();
        let (passed, warned, failed) = (count(Status::Pass), count(Status::Warn), count(Status::Fail));
        let _ = writeln!(text, "{passed} passed, {warned} to look at, {failed} failed");
        text
    }

    /// For scripts.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let checks = self.findings.iter().map(|Finding { check, status, what, fix }| {
            serde_json::json!({ "id": check.id(), "area": check.area(), "status": status, "what": what, "fix": fix })
        });
        serde_json::json!({
            "status": self.status(),
            "checks": checks.collect::<Vec<_>>(),
            "notLookedAt": self.not_looked_at.iter().map(|check| check.id()).collect::<Vec<_>>(),
        })
    }
}

/// Each text once.
fn joined(texts: Vec<&str>) -> String {
    let mut once: Vec<&str> = vec![];
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once.join("; ")
}

//! Indicators: what a person allows or blocks beforehand; every change is recorded (M17, M140).
use crate::{
    Engine,
    door::{AddIndicator, ListIndicators, RemoveIndicator},
    fault::{bad_input, not_found},
    open::by,
    view,
};
use assize_domain::{
    id::IndicatorId,
    indicator::{Indicator, IndicatorError},
    order::Fault,
    record::Subject,
    role::Person,
};

pub(crate) fn list(engine: &Engine, _: &Person, _: ListIndicators) -> Result<view::IndicatorList, Fault> {
    engine.read(|r| Ok(view::IndicatorList { indicators: r.indicators()? }))
}

pub(crate) fn add(engine: &Engine, who: &Person, request: AddIndicator) -> Result<Indicator, Fault> {
    let wrong = |e: IndicatorError| bad_input(format!("{e}."), "Check the value and try again.");
    let value = request.kind.parse_value(&request.value).map_err(wrong)?;
    let title = request.title.trim().to_owned();
    if title.is_empty() {
        return Err(wrong(IndicatorError::NoTitle));
    }
    if request.expires_at.is_some_and(|end| end <= engine.now()) {
        return Err(bad_input("It would have expired already.", "Choose a time that is still to come."));
    }
    engine.write(|w| {
        let group = match &request.group {
            Some(words) => {
                let found = w.groups()?.into_iter().find(|g| g.name == *words || g.id.as_str() == words);
                Some(found.ok_or_else(|| not_found("group", words))?.id)
            }
            None => None,
        };
        let same = w.indicators()?.into_iter().find(|i| i.kind == request.kind && i.value == value && i.group == group);
        if let Some(same) = same {
            let message =
                format!("There is already an indicator for this value: “{}” ({:?}).", same.title, same.action);
            return Err(Fault::new("indicator_exists", message, "Remove that one first if yours shall hold.").into());
        }
        let indicator = Indicator {
            id: IndicatorId(engine.new_id()),
            kind: request.kind,
            value,
            action: request.action,
            title: title.clone(),
            group,
            expires_at: request.expires_at,
            created_at: engine.now(),
            created_by: who.name.clone(),
        };
        w.insert_indicator(&indicator)?;
        let mut entry = engine.entry(
            by(who),
            Subject::Indicator,
            indicator.id.as_str(),
            "indicator_added",
            format!("Indicator “{title}” added."),
        );
        entry.detail = serde_json::to_string(&indicator).ok();
        w.append(&entry)?;
        Ok(indicator)
    })
}

pub(crate) fn remove(engine: &Engine, who: &Person, request: RemoveIndicator) -> Result<view::IndicatorList, Fault> {
    engine.write(|w| {
        let all = w.indicators()?;
        let gone =
            all.iter().find(|i| i.id == request.id).ok_or_else(|| not_found("indicator", request.id.as_str()))?;
        w.remove_indicator(&request.id)?;
        let mut entry = engine.entry(
            by(who),
            Subject::Indicator,
            request.id.as_str(),
            "indicator_removed",
            format!("Indicator “{}” removed.", gone.title),
        );
        entry.detail = serde_json::to_string(gone).ok();
        w.append(&entry)?;
        Ok(view::IndicatorList { indicators: w.indicators()? })
    })
}

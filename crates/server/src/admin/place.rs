//! Where a list goes on, as text: `MILLISECONDS.NAME`.

use crate::store::Place;

pub(super) fn written(place: &Place) -> String {
    format!("{}.{}", place.ms, place.name)
}

pub(super) fn read(text: &str) -> Option<Place> {
    let (ms, name) = text.split_once('.')?;
    let fits = name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Some(Place { ms: ms.parse().ok()?, name: name.to_owned() }))?
}

//! Named moments in every act, so that tests can crash there or let somebody else act in between. Nothing in a product
//! build: the moments exist only in tests and with the feature `fail-points`.

/// Every moment, in the order in which an order may pass them.
#[cfg(test)]
pub const POINTS: [&str; 11] =
    ["began", "kept", "made", "armed", "renamed", "compared", "removed", "placed", "linked", "verified", "before-end"];

#[cfg(test)]
type Hook = Box<dyn FnMut(&str)>;

#[cfg(test)]
std::thread_local! {
    static HOOK: std::cell::RefCell<Option<Hook>> = const { std::cell::RefCell::new(None) };
}

/// Lets a test act at a moment, in the thread that carries out the order, until the value is dropped.
#[cfg(test)]
#[must_use]
pub fn interfere(hook: impl FnMut(&str) + 'static) -> Interference {
    HOOK.with(|h| *h.borrow_mut() = Some(Box::new(hook)));
    Interference
}

#[cfg(test)]
pub struct Interference;

#[cfg(test)]
impl Drop for Interference {
    fn drop(&mut self) {
        HOOK.with(|h| *h.borrow_mut() = None);
    }
}

#[cfg(not(any(test, feature = "fail-points")))]
pub fn point(_name: &str) {}

#[cfg(any(test, feature = "fail-points"))]
pub fn point(name: &str) {
    if std::env::var_os("ASSIZE_FAIL_POINT").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
    #[cfg(test)]
    HOOK.with(|h| {
        // Taken out while it runs: what it does may pass a moment itself.
        let Some(mut hook) = h.borrow_mut().take() else { return };
        hook(name);
        *h.borrow_mut() = Some(hook);
    });
}

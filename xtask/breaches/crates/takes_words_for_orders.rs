//! A crate that is not link, and makes an order of words that came in as if it knew who sent them.
use assize_domain::order::{Arrival, Before, Order, OrderMessage, VerifiedOrder};

pub fn obeys_anybody(words: OrderMessage) -> Option<Order> {
    let device = words.device.clone();
    let arrival = Arrival { uid: 0, obeys: &[0], device: &device, before: Before::Never };
    VerifiedOrder::check(words, &arrival).ok().map(Order::received)
}

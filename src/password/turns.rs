//! Turns at something that only a few can do at once. While several wait, those who ask have one turn after the other
//! (fair queueing, round robin: Nagle, RFC 970), so that one who asks often makes only itself wait longer.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// How many wait at most: for one that asks (an office behind one address in the morning), and in all. At forty a second the
/// last one waits for 26 s.
const EACH: usize = 256;
const ALL: usize = 1_024;

/// Too many wait at this moment.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub(crate) struct Busy;

#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: HashMap<String, VecDeque<oneshot::Sender<Turn>>>,
    /// Each of those in `waiting` once, the next one first.
    order: VecDeque<String>,
}

/// The right to go on; the next one in the order gets it when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    /// Whether dropping it passes it on: not where it could not be handed over, and its giver goes on to the next.
    passes: bool,
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: at_once.max(1), waiting: HashMap::new(), order: VecDeque::new() })))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    ///
    /// [`Busy`] where too many of `who` wait already, or too many in all and none waits more often than `who`.
    pub(crate) async fn take(&self, who: String) -> Result<Turn, Busy> {
        let waits = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Ok(self.turn());
            }
            state.join(who)?
        };
        waits.await.map_err(|_| Busy)
    }

    fn turn(&self) -> Turn {
        Turn { turns: self.clone(), passes: true }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn join(&mut self, who: String) -> Result<oneshot::Receiver<Turn>, Busy> {
        if let Some(own) = self.waiting.get_mut(&who) {
            own.retain(|sender| !sender.is_closed());
            if own.len() >= EACH {
                return Err(Busy);
            }
        }
        if self.waiting.values().map(VecDeque::len).sum::<usize>() >= ALL {
            self.make_room(&who)?;
        }
        let (sender, receiver) = oneshot::channel();
        let own = self.waiting.entry(who.clone()).or_default();
        own.push_back(sender);
        if own.len() == 1 && !self.order.contains(&who) {
            self.order.push_back(who);
        }
        Ok(receiver)
    }

    /// Takes the last place of the one that holds most, where that is not `who` itself.
    fn make_room(&mut self, who: &str) -> Result<(), Busy> {
        for queue in self.waiting.values_mut() {
            queue.retain(|sender| !sender.is_closed());
        }
        if self.waiting.values().map(VecDeque::len).sum::<usize>() < ALL {
            return Ok(());
        }
        let own = self.waiting.get(who).map_or(0, VecDeque::len);
        let longest = self.waiting.values_mut().max_by_key(|queue| queue.len()).ok_or(Busy)?;
        if longest.len() <= own + 1 {
            return Err(Busy);
        }
        longest.pop_back();
        Ok(())
    }

    /// The next one, or a free place where none waits.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        while let Some(who) = self.order.pop_front() {
            let Some(queue) = self.waiting.get_mut(&who) else { continue };
            let next = queue.pop_front();
            if queue.is_empty() {
                self.waiting.remove(&who);
            } else {
                self.order.push_back(who);
            }
            if next.is_some() {
                return next;
            }
        }
        self.free += 1;
        None
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.passes {
            return;
        }
        // The lock is not held while a turn is handed over: one that went away meanwhile drops it, which comes back here.
        loop {
            let Some(next) = self.turns.state().next() else { return };
            match next.send(self.turns.turn()) {
                Ok(()) => return,
                Err(mut refused) => refused.passes = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    /// Those who have a turn, in the order in which they get it.
    async fn served(turns: &Turns, asks: &[&str]) -> Vec<String> {
        let first = turns.take("first".to_owned()).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waits = Vec::new();
        for who in asks {
            let (turns, order, who) = (turns.clone(), Arc::clone(&order), (*who).to_owned());
            let mut wait = Box::pin(async move {
                let _turn = turns.take(who.clone()).await.unwrap();
                order.lock().unwrap().push(who);
            });
            assert!(wait.as_mut().now_or_never().is_none(), "it waits");
            waits.push(wait);
        }
        drop(first);
        futures_util::future::join_all(waits).await;
        Arc::into_inner(order).unwrap().into_inner().unwrap()
    }

    #[tokio::test]
    async fn one_that_asks_often_lets_each_of_the_others_in_between() {
        let order = served(&Turns::new(1), &["a", "a", "a", "a", "b", "c", "b"]).await;
        assert_eq!(order, ["a", "b", "c", "a", "b", "a", "a"]);
    }

    #[tokio::test]
    async fn all_places_are_used_when_only_one_asks() {
        let turns = Turns::new(2);
        let (one, two) = (turns.take("a".to_owned()).await.unwrap(), turns.take("a".to_owned()).await.unwrap());
        assert!(turns.take("a".to_owned()).now_or_never().is_none());
        drop((one, two));
        assert_eq!(turns.state().free, 2);
    }

    #[tokio::test]
    async fn one_that_goes_away_takes_no_turn_with_it() {
        let turns = Turns::new(1);
        let turn = turns.take("a".to_owned()).await.unwrap();
        let mut gone = Box::pin(turns.take("b".to_owned()));
        assert!(gone.as_mut().now_or_never().is_none());
        let mut stays = Box::pin(turns.take("c".to_owned()));
        assert!(stays.as_mut().now_or_never().is_none());
        drop(gone);
        drop(turn);
        drop(stays.await.unwrap());
        assert_eq!(turns.state().free, 1);

        // Gone after the turn was handed over, before it was taken up.
        let turn = turns.take("a".to_owned()).await.unwrap();
        let mut gone = Box::pin(turns.take("b".to_owned()));
        assert!(gone.as_mut().now_or_never().is_none());
        drop(turn);
        drop(gone);
        assert_eq!(turns.state().free, 1);
    }

    #[tokio::test]
    async fn where_all_places_to_wait_are_taken_the_one_that_holds_most_loses_its_last() {
        let turns = Turns::new(1);
        let _turn = turns.take("first".to_owned()).await.unwrap();
        let mut waits = Vec::new();
        for who in ["a", "b", "c", "d"] {
            for _ in 0..EACH {
                let mut wait = Box::pin(turns.take(who.to_owned()));
                assert!(wait.as_mut().now_or_never().is_none());
                waits.push(wait);
            }
            assert!(
                turns.take(who.to_owned()).now_or_never().is_some_and(|refused| refused.is_err()),
                "each has a limit"
            );
        }
        let mut late = Box::pin(turns.take("e".to_owned()));
        assert!(late.as_mut().now_or_never().is_none(), "a place was made");
        let refused = waits.iter_mut().filter_map(|wait| wait.as_mut().now_or_never()).filter(Result::is_err).count();
        assert_eq!(refused, 1);
    }
}

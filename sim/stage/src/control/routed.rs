//! A platform's socket before many worlds.

use super::worlds::Worlds;
use crate::surface::{Platform, Surface};
use standin_ports::http::Unreadable;
use standin_ports::{Http, HttpError, Request, Response};
use std::sync::Arc;

/// One platform of every world of a server.
pub(crate) struct Routed {
    platform: Platform,
    worlds: Arc<Worlds>,
    first: Surface,
}

impl Routed {
    pub(crate) fn new(platform: Platform, worlds: &Arc<Worlds>) -> Self {
        Self { platform, worlds: Arc::clone(worlds), first: Surface::new(platform, worlds.first()) }
    }
}

#[async_trait::async_trait]
impl Http for Routed {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let asker = match self.worlds.of(self.platform, &request) {
            Ok(asker) => asker,
            Err(problem) => return Ok(problem.answer()),
        };
        let (answer, hosted) = match &asker.hosted {
            None => (self.first.send(request).await, self.worlds.main()),
            // The first world's own calls come by here while others wait for them: it has no gate.
            Some(hosted) if Arc::ptr_eq(hosted.parts(), self.worlds.first()) => {
                (self.first.send(request).await, Some(hosted))
            }
            Some(hosted) => {
                let _passed = hosted.gate.acquire().await.ok();
                let answer = Surface::new(self.platform, hosted.parts()).send(request).await;
                hosted.touch();
                (answer, Some(hosted))
            }
        };
        if self.platform == Platform::Qualifio {
            let parts = hosted.map_or(self.worlds.first(), |hosted| hosted.parts());
            parts.push_accepted().await;
        }
        let answer = answer?;
        if let Some(hosted) = hosted {
            self.worlds.learn(hosted, self.platform, &asker, &answer);
        }
        Ok(answer)
    }

    fn unreadable(&self, what: &Unreadable) -> Response {
        self.first.unreadable(what)
    }
}

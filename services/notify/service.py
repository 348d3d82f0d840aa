"""What notify hosts."""

from collections.abc import Mapping, Sequence
from functools import partial

from loanstream.runtime.definitions import Decider, EffectHandler, Service
from loanstream.runtime.kit import ServiceKit
from services.notify.api import api
from services.notify.delivery import Email, Webhook
from services.notify.domain.message.decide import decide
from services.notify.domain.message.evolve import evolve
from services.notify.domain.message.state import Message
from services.notify.domain.rules import Rules
from services.notify.loading import shipped_rules
from services.notify.payloads import EMAIL, WEBHOOK
from services.notify.ports.subscribers import Subscriber
from services.notify.projections import PROJECTION
from services.notify.reactions import reactions


def service(subscribers: Sequence[Subscriber] = (), rules: Rules | None = None) -> Service:
    """The service with the shipped rules, or others, and the subscribers of the installation.

    Its ports: ``smtp`` (a :class:`~services.notify.ports.mail.MailPort`) and ``webhook``
    (:class:`~services.notify.ports.webhook.Webhooks`). Raises :class:`~services.notify.loading.BadRules`.
    """
    in_force = rules or shipped_rules()
    return Service(
        name="notify",
        deciders=(
            Decider(aggregate="message", state=Message, decide=decide, evolve=evolve, closed=_recorded, folds=2),
        ),
        reactions=reactions(in_force, subscribers),
        projection=PROJECTION,
        effects=partial(effects, in_force),
        api=api,
        is_reactor=True,
    )


def effects(rules: Rules, kit: ServiceKit) -> Mapping[str, EffectHandler]:
    """The handlers by effect kind."""
    return {
        EMAIL: Email(kit.ports["smtp"], kit.vault, kit.clock, rules),
        WEBHOOK: Webhook(kit.ports["webhook"], kit.clock, rules),
    }


def _recorded(_state: Message) -> bool:
    return True

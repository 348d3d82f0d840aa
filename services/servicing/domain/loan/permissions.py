"""Which actor may decide what about a loan."""

from schemas.decision import Context, Refusal


def missing(permission: str, context: Context) -> Refusal | None:
    """A refusal when the actor was not given ``permission``."""
    if permission in context.actor.permissions:
        return None
    return Refusal(
        "forbidden",
        f"{context.actor.subject} may not do this; ask somebody with the permission {permission}.",
        rule=permission,
    )

"""What the commands do that are about tokens of the API. How they are called and printed is in
app/cli."""

from app.base.clock import SystemClock
from app.base.settings import Settings
from app.console.api.scopes import Scope
from app.console.api.tokens import Token, TokenStore
from app.console.store import open_read_model

_CLOCK = SystemClock()


def add_token(settings: Settings, name: str, scopes: list[Scope]) -> str:
    """Make a token; its text. Raises as TokenStore.add, and UsageError without the tables."""
    return _tokens(settings).add(name, scopes, _CLOCK.now())


def list_tokens(settings: Settings) -> list[Token]:
    """Every token, by name. Raises UsageError without the tables."""
    return _tokens(settings).all()


def revoke_token(settings: Settings, name: str) -> None:
    """Refuse a token from now on. Raises UsageError for none of this name."""
    _tokens(settings).revoke(name)


def _tokens(settings: Settings) -> TokenStore:
    model = open_read_model(settings)
    model.require_tables()
    return TokenStore(model)

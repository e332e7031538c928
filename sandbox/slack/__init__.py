"""Slack's Web API as far as a bot that posts needs it: failures are 200 with ok:false
(docs/design/vendors.md Slack 3).

@slack/web-api holds the calls to what Slack documents (tests/clients/slack). The token has all
scopes unless the control `slack_scopes` names its `scopes`.
"""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.calls import Answer, Call, Method, SlackRefusal, arguments
from sandbox.slack.chat import Chat
from sandbox.slack.conversations import Conversations
from sandbox.slack.users import Users
from sandbox.slack.workspace import Workspace, new_channel
from sandbox.store import Store

__all__ = ["TOKEN", "make_router", "new_channel"]
TOKEN = "xoxb-sandbox"  # noqa: S105  the sandbox's own


def make_router(store: Store) -> APIRouter:
    """A path for each method."""
    router, workspace = APIRouter(), Workspace(store)
    methods = {
        **Chat(workspace).methods(),
        **Conversations(workspace).methods(),
        **Users(workspace).methods(),
    }
    for name, method in methods.items():
        _serve(router, store, name, method)

    @router.api_route("/{name}", methods=["GET", "POST"])
    async def unknown(name: str) -> Response:
        return JSONResponse({"ok": False, "error": "unknown_method", "req_method": name})

    return router


def _serve(router: APIRouter, store: Store, name: str, method: Method) -> None:
    @router.api_route(f"/{name}", methods=["GET", "POST"])
    async def call(request: Request) -> Response:
        try:
            kind, query = request.headers.get("content-type", ""), request.query_params
            made = arguments(kind, query.multi_items(), await request.body(), json_too=method.json)
            _check_token(request.headers.get("authorization", ""), made)
            _check_scope(store, method)
            return JSONResponse(method.handler(made))
        except SlackRefusal as refused:
            return _refused(refused.answer)


def _check_token(authorization: str, call: Call) -> None:
    """In the header, or among the arguments of a form."""
    token = authorization.removeprefix("Bearer ") or call.text("token")
    if not token:
        raise SlackRefusal("not_authed")
    if token != TOKEN:
        raise SlackRefusal("invalid_auth")


def _check_scope(store: Store, method: Method) -> None:
    control = store.get("control", "slack_scopes")
    if control is not None and method.scopes and not set(method.scopes) & set(control["scopes"]):
        provided = ",".join(control["scopes"])
        raise SlackRefusal("missing_scope", needed=method.scopes[0], provided=provided)


def _refused(answer: Answer) -> Response:
    if answer["error"] == "ratelimited":
        return JSONResponse(answer, 429, {"retry-after": "1"})
    return JSONResponse(answer)

"""What a person sees where a page can't be shown."""

from collections.abc import Mapping

from starlette.responses import Response

from app.console.pages.rendering import render

_TITLES = {
    403: "You may not do this",
    404: "There is no such page",
    409: "It has moved on",
    413: "That is too large",
    422: "This can't be read",
    503: "Not now",
}


def show_error(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page that says what went wrong and what to do."""
    title = _TITLES.get(status, "This did not work")
    return render("error.html", status, headers=headers, title=title, detail=detail)

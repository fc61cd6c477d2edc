"""The block log, and what a parent does about it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from geacc_proxy.web.log import clearer, exports, live, missed, page, standing


def routes() -> list[BaseRoute]:
    """The pages of this area."""
    return [
        Route("/log", page.the_log),
        Route("/log/live", live.live),
        Route("/log/export.csv", exports.log_csv),
        Route("/log/export.json", exports.log_json),
        Route("/log/missed", missed.ask),
        Route("/log/missed", missed.hide, methods=["POST"]),
        Route("/log/answers", standing.show),
        Route("/log/answers", standing.take_back, methods=["POST"]),
        Route("/log/corrections", exports.show_corrections),
        Route("/log/corrections.csv", exports.corrections_csv),
        Route("/log/corrections.zip", exports.corrections_zip, methods=["POST"]),
        Route("/log/{number:int}", page.entry),
        Route("/log/{number:int}", page.act, methods=["POST"]),
        Route("/log/{number:int}/sketch", page.sketch),
        Route("/log/{number:int}/clearer", clearer.ask),
        Route("/log/{number:int}/clearer", clearer.show, methods=["POST"]),
    ]

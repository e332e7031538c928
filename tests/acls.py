"""ACLs made as the commands of a page say, without Kafka's own tool: its jar isn't among the
broker's."""

import re
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import product

from aiokafka.protocol.admin import CreateAclsRequest

from app.base.settings import Settings
from app.kafka.clients import administering

# numbers of Kafka's protocol (KIP-140, KIP-290)
_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Describe": 8} | {
    "DescribeConfigs": 10,
    "AlterConfigs": 11,
}
_PATTERNS = {"literal": 3, "prefixed": 4}
_ALLOW, _CLUSTER = 3, "kafka-cluster"


async def add_acls(settings: Settings, page: str) -> None:
    """Do what the commands of a page do. The settings are an administrator's."""
    async with administering(settings) as admin:
        for request in requests_of(page):
            answer = await admin._send_request(request)
            for code, message in answer.creation_responses:
                assert code == 0, message


def requests_of(page: str) -> Iterator[CreateAclsRequest]:
    """The requests that Kafka's tool would make of a page's commands."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for line in "".join(blocks).replace("\\\n", " ").splitlines():
        tool, *arguments = shlex.split(line)
        assert tool == "kafka-acls.sh"
        yield from _requests(_parser().parse_args(arguments))


def _parser() -> ArgumentParser:
    """The options of `kafka-acls.sh` that the page uses; others end the test."""
    parser = ArgumentParser(exit_on_error=False)
    for name in ("--bootstrap-server", "--command-config", "--allow-principal"):
        parser.add_argument(name, required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--cluster", action="store_const", const=[_CLUSTER], default=[])
    parser.add_argument("--resource-pattern-type", choices=_PATTERNS, default="literal")
    parser.add_argument("--operation", action="append", choices=_OPERATIONS, required=True)
    for name in ("--topic", "--group"):
        parser.add_argument(name, action="append", default=[])
    return parser


def _requests(wanted: Namespace) -> Iterator[CreateAclsRequest]:
    for kind, number in _RESOURCES.items():
        for name, operation in product(getattr(wanted, kind), wanted.operation):
            yield CreateAclsRequest(
                number,
                name,
                _PATTERNS[wanted.resource_pattern_type],
                wanted.allow_principal,
                "*",
                _OPERATIONS[operation],
                _ALLOW,
            )

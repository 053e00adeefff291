import gzip
import zlib

import pytest

from serving.grpc.messages import Budget, MessageBuffer, content
from serving.grpc.status import CallFault, Code
from tests.support.infer_requests import as_message


def buffer(most_bytes=100, budget=1000):
    return MessageBuffer(Budget(budget), most_bytes)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 50])
def test_messages_come_whole_however_the_bytes_are_cut(step):
    sent = as_message(b"first") + as_message(b"") + as_message(b"third", flag=1)
    gathered, messages = buffer(), []
    for start in range(0, len(sent), step):
        gathered.add(sent, start, min(start + step, len(sent)))
        while (message := gathered.take()) is not None:
            messages.append(bytes(message))
    assert messages == [as_message(b"first"), as_message(b""), as_message(b"third", flag=1)]
    assert len(gathered) == 0


def test_rejects_a_message_by_its_announced_length():
    gathered = buffer(most_bytes=4)
    gathered.add(as_message(b"four"), 0, 9)
    with pytest.raises(CallFault) as caught:
        buffer(most_bytes=4).add(as_message(b"fives"), 0, 5)
    assert caught.value.code is Code.RESOURCE_EXHAUSTED


def test_memory_is_shared_and_given_back():
    budget = Budget(20)
    first, second = MessageBuffer(budget, 100), MessageBuffer(budget, 100)
    first.add(as_message(b"0123456789"), 0, 15)
    with pytest.raises(CallFault) as caught:
        second.add(as_message(b"0123456789"), 0, 15)
    assert caught.value.code is Code.RESOURCE_EXHAUSTED
    assert first.take() is not None
    second.add(as_message(b"0123456789"), 0, 14)
    second.release()
    first.add(as_message(b"0123456789"), 0, 15)


def test_taking_a_message_keeps_the_memory_of_the_next_one():
    budget = Budget(20)
    gathered = MessageBuffer(budget, 100)
    gathered.add(as_message(b"") + b"\0\0\0\0\5abc", 0, 13)
    gathered.take()
    budget.take(12)
    with pytest.raises(CallFault):
        budget.take(1)


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_messages_are_expanded(encoding, compress):
    plain = b"values" * 100
    assert content(as_message(compress(plain), flag=1), encoding, 1000) == as_message(plain)
    assert content(as_message(plain), encoding, 1000) == as_message(plain)


@pytest.mark.parametrize(
    ("message", "encoding", "code"),
    [
        (as_message(gzip.compress(b"0" * 1001, mtime=0), flag=1), "gzip", Code.RESOURCE_EXHAUSTED),
        (as_message(gzip.compress(b"0" * 100_000_000, mtime=0), flag=1), "gzip", Code.RESOURCE_EXHAUSTED),
        (as_message(gzip.compress(b"0", mtime=0)[:-3], flag=1), "gzip", Code.INVALID_ARGUMENT),
        (as_message(b"none of it", flag=1), "deflate", Code.INVALID_ARGUMENT),
        (as_message(b"x", flag=1), "identity", Code.INTERNAL),
        (as_message(b"x", flag=2), "gzip", Code.INTERNAL),
    ],
)  # fmt: skip
def test_rejects_a_message_that_does_not_expand_to_one(message, encoding, code):
    with pytest.raises(CallFault) as caught:
        content(message, encoding, 1000)
    assert caught.value.code is code

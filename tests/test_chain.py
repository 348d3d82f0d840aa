"""The hash chain is what its definition says, whatever stands in the headers: anybody can recompute it."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from schemas import chain

_TEXT = st.text(max_size=8) | st.text(alphabet="a0-", min_size=120, max_size=140)


@given(st.binary(min_size=32, max_size=32), _TEXT, st.lists(_TEXT, min_size=7, max_size=7), st.binary(max_size=40))
def test_a_link_hashes_the_previous_hash_the_length_prefixed_fields_and_the_value(
    previous: bytes, ce_type: str, protected: list[str], value: bytes
) -> None:
    headers = dict(zip(chain.PROTECTED, protected, strict=True)) | {"ce_correlationid": "not protected"}
    fields = [text.encode() for text in (ce_type, *protected)]
    hashed = previous + b"".join(len(field).to_bytes(4, "big") + field for field in fields) + value
    assert chain.link(previous, ce_type, headers, value) == sha256(hashed).digest()


def test_a_hash_stands_in_its_header_as_43_characters_and_comes_back() -> None:
    digest = sha256(b"x").digest()
    assert len(chain.chain_text(digest)) == 43
    assert chain.chain_bytes(chain.chain_text(digest)) == digest

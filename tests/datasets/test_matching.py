"""Names of partners: by an expression, by a template, both ways, or not at all."""

import re
from pathlib import Path

import pytest

from skse.datasets._matching import Partners
from skse.utils import UnusableFileError

CLEAN = Path("clean")


def partners(*names, **options):
    return Partners([CLEAN / name for name in names], CLEAN, **{"match": "stem", **options})


def find(found, name):
    path = found.find(Path("noisy", name), Path("noisy"))
    return path and path.relative_to(CLEAN).as_posix()


@pytest.mark.parametrize(
    ("match", "template"),
    [
        (r"fileid_(\d+)$", "clean_fileid_{1}"),
        (r"fileid_(\d+)$", "clean_{0}"),
        (r"fileid_(?P<number>\d+)$", "clean_fileid_{number}"),
        (re.compile(r"fileid_(\d+)$"), "clean_fileid_{1}.wav"),
        (r"(fileid_\d+)$", None),
        (r"fileid_(\d+)$", None),
        (lambda path: f"clean_{path.stem[-8:]}", None),
    ],
)
def test_names_of_the_dns_challenge(match, template):
    clean = partners("clean_fileid_7.wav", "clean_fileid_77.wav", match=match, template=template)
    assert find(clean, "book_1_snr5_tl-25_fileid_7.wav") == "clean_fileid_7.wav"
    assert find(clean, "book_2_fileid_8.wav") is None
    assert find(clean, "book.wav") is None


def test_what_a_tool_adds_is_taken_off_and_what_a_corpus_adds_put_on():
    assert find(partners("x.wav", match="^(.*)_DeepFilterNet3$"), "x_DeepFilterNet3.wav") == "x.wav"
    for group in "01":
        assert find(partners("clean_x.flac", template=f"clean_{{{group}}}"), "x.wav") == (
            "clean_x.flac"
        )
    assert find(partners("p1/a/clean.wav", match="^(.*)_", template="p1/{1}/clean"), "a_1.wav") == (
        "p1/a/clean.wav"
    )
    assert find(partners("a{1}.wav", match="^(.)", template="{1}{{1}}"), "abc.wav") == "a{1}.wav"


def test_a_group_that_is_not_there_is_empty():
    clean = partners("a.wav", "ax.wav", match="^(a)(x)?", template="{1}{2}")
    assert find(clean, "a_1.wav") == "a.wav"
    assert find(clean, "ax1.wav") == "ax.wav"


def test_the_name_itself_comes_before_the_other_way():
    clean = partners("7.wav", "clean_fileid_7.wav", match=r"fileid_(\d+)$")
    assert find(clean, "book_fileid_7.wav") == "7.wav"
    one_way = partners("clean_fileid_7.wav", match=r"fileid_(\d+)$", both_ways=False)
    assert find(one_way, "book_fileid_7.wav") is None


def test_two_that_fit_are_an_error_unless_one_stands_in_the_same_folder():
    clean = partners("a/x_1.wav", "b/y_1.wav", match=r"_(\d)$")
    assert find(clean, "a/z_1.wav") == "a/x_1.wav"
    with pytest.raises(UnusableFileError, match=r"z_1.wav: 2 clean files match with '1'"):
        find(clean, "c/z_1.wav")
    with pytest.raises(UnusableFileError, match=r"x.wav: 2 clean files have the stem 'x'"):
        find(partners("a/x.wav", "b/x.wav"), "x.wav")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"template": "a{2}"},
            r"clean_name='a\{2\}' cannot be filled in: .* gives \{0\} .* \{1\};",
        ),
        ({"match": "(?P<n>a)", "template": "{m}"}, r"gives \{0\} .* to \{1\}, \{n\};"),
        ({"template": "{"}, "cannot be filled in"),
        ({"template": "{1.a}"}, "cannot be filled in"),
        ({"match": {"a": "b"}, "template": "{1}"}, "takes the groups of a regular expression"),
        ({"match": "(", "caller": "me"}, "me: match='.' is no regular expression"),
        ({"match": "a"}, "has no group"),
        ({"match": 3}, "match=3 must be 'stem'"),
    ],
)
def test_wrong_rules(options, message):
    with pytest.raises(ValueError, match=message):
        partners(**options)

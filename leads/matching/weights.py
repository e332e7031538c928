"""What each field's agreement weighs, in bits.

One bit doubles the odds that two records are one person's: the log2 of how much more often a level
is seen of one person than of two (Fellegi and Sunter 1969). Fields depend on each other, so they
are not counted one by one: values set by hand were changed, half a bit at a time, as long as more
of the pairs in `bench/labels/pairs.jsonl` and `pairs-second.jsonl` were judged right.
`make bench-identity ARGS=--weights` prints them beside what counting alone would give. The pairs
are hard ones: where labellers wrote a trap more often than the world does, the value set by hand
stands.
"""

from types import MappingProxyType

#: Before anything is compared, of two people who meet (see blocking.py).
PRIOR = -2.5

WEIGHTS = MappingProxyType(
    {
        "given name": MappingProxyType(
            {
                "same": 2.0,
                "spelling": 2.5,
                "short_form": 2.0,
                "part": 1.0,
                "typo": 0.5,
                "initial": 1.0,
                "unknown": 0.5,
                "loose": -1.5,
                "other_ending": -6.0,
                "other_second": -5.0,
                "different": -4.5,
            }
        ),
        "family name": MappingProxyType(
            {
                "same": 2.0,
                "spelling": 2.5,
                "short_form": 1.0,
                "part": 2.5,
                "typo": 1.0,
                "initial": 0.5,
                "unknown": 1.0,
                "loose": -1.5,
                "other_ending": -4.0,
                "other_second": -4.0,
                "different": -3.5,
            }
        ),
        "generation": MappingProxyType({"contradicts": -6.0, "one": -3.0}),
        "e-mail": MappingProxyType(
            {
                "same": 8.0,
                "same_letters": -1.0,
                "same_other_name": 1.0,
                "same_role": -1.0,
                "same_local": 1.0,
                "near": -1.5,
                "other_pattern": 0.0,
                "same_pattern": -2.0,
                "numbered": -5.5,
                "other_domain": 2.0,
                "private": 1.5,
            }
        ),
        "LinkedIn profile": MappingProxyType({"same": 9.0, "different": -5.5}),
        # Apollo itself has some people twice
        "Apollo person id": MappingProxyType({"same": 9.0, "different": -1.5}),
        "CRM id": MappingProxyType({"same": 3.0, "different": -2.0}),
        "phone": MappingProxyType(
            {
                "same": 1.5,
                "same_mobile": 4.0,
                "same_other_name": 0.0,
                "other_extension": -2.0,
                "different": -3.5,
            }
        ),
        "title": MappingProxyType(
            {
                "same": 2.0,
                "same_other_name": 0.0,
                "other_words": -1.0,
                "alike": 3.0,
                "near": 2.0,
                "other_rank": 1.5,
                "unclear": 0.0,
                "other_function": -2.5,
            }
        ),
        "gender of the title": MappingProxyType({"contradicts": -3.5}),
        "company": MappingProxyType({"same": 0.5, "related": 2.5, "different": -4.0}),
        "place": MappingProxyType({"same_city": 1.0, "other_city": -3.0, "other_country": -3.0}),
    }
)

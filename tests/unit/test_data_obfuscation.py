import pytest

from tasks.core.data import obfuscation
from tasks.core.errors import DataError

KEY = bytes(range(32))
ASSETS = [f"A{i}" for i in range(2_000)]


def test_public_ids__one_era__are_unique_and_well_formed():
    ids = obfuscation.public_ids(KEY, "v1", "0205", ASSETS)

    assert len(set(ids)) == len(ASSETS)
    assert all(len(i) == 16 and i[0] == "n" and int(i[1:], 16) >= 0 for i in ids)


def test_public_ids__another_era_version_or_key__share_nothing():
    ids = set(obfuscation.public_ids(KEY, "v1", "0205", ASSETS))

    assert not ids & set(obfuscation.public_ids(KEY, "v1", "0206", ASSETS))
    assert not ids & set(obfuscation.public_ids(KEY, "v2", "0205", ASSETS))
    assert not ids & set(obfuscation.public_ids(bytes(32), "v1", "0205", ASSETS))


def test_public_ids__known_vector__stays():
    assert obfuscation.public_ids(bytes(32), "v1", "0205", ["AAPL"]) == ["n23899cd95173c07"]


def test_public_ids__same_asset_twice__is_refused():
    with pytest.raises(DataError, match="share an id in era 0205"):
        obfuscation.public_ids(KEY, "v1", "0205", ["A", "A"])


def test_feature_names__keyed__say_nothing_of_the_measure():
    measures = [f"momentum_{i}" for i in range(50)]

    names = obfuscation.feature_names(KEY, "v1", measures)

    assert len(set(names)) == 50
    assert all(name.startswith("feature_") and len(name) == 16 for name in names)
    assert names != obfuscation.feature_names(bytes(32), "v1", measures)


def test_feature_order__keyed__is_a_shuffle():
    measures = [f"momentum_{i:02d}" for i in range(50)]

    order = obfuscation.feature_order(KEY, "v1", measures)

    assert sorted(order) == list(range(50))
    assert order != sorted(order)
    assert order != obfuscation.feature_order(bytes(32), "v1", measures)

from dataclasses import replace

import pytest

from contracts import loader
from tasks.adapters import processes
from tasks.adapters.chain import deploying
from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.writes import Write
from tasks.adapters.journal import Journal
from tasks.core.errors import ChainError
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import identity, status
from tasks.core.protocol.table import Row
from tasks.core.protocol.terms import Terms
from tests import chains


def terms(opens):
    return Terms(
        opens=opens,
        closes=opens + 3_600,
        book_by=opens + 7_200,
        resolves=opens + 86_400,
        propose_by=opens + 2 * 86_400,
        threshold=Wei(2_000 * WAD),
        smallest_stake=Wei(WAD),
        clip_nano=250_000_000,
        profit_clip_nano=50_000_000,
        key=b"\1" * 32,
        data=b"\2" * 32,
        id_map=b"\3" * 32,
        scoring=b"\4" * 32,
    )


@pytest.fixture
def round_id():
    return next(chains.numbers)


@pytest.fixture
def entered(local_chain, round_id):
    """Open a round into which alice has entered one token."""
    local, model = local_chain, f"alice-{round_id}"
    tournament, alice = local.chain.tournament, local.signers["alice"]
    pool = Wei(1_000 * WAD)
    chains.send(local, local.chain.token.approve(tournament.address, pool))
    chains.send(local, tournament.fund(0, pool))
    chains.send(local, local.chain.token.transfer(alice.address, Wei(10 * WAD)))
    chains.send(local, local.chain.token.approve(tournament.address, Wei(10 * WAD)), "alice")
    chains.send(local, tournament.deposit(alice.address, model, Wei(10 * WAD)), "alice")
    opens = local.chain.now() + 60
    chains.send(local, tournament.open_round(round_id, terms(opens)), "operator")
    local.node.advance(opens)
    chains.send(local, tournament.enter(round_id, model, Wei(WAD), b"\5" * 32, 1), "alice")
    return identity.model_id(alice.address, model)


def test_connect__other_chain_id__is_refused(local_chain):
    other = replace(local_chain.deployment, chain_id=1)

    with pytest.raises(ChainError, match=r"is chain 0x4552.*, not 0x1"):
        Chain.connect(local_chain.node.rpc_url, other)


def test_connect__other_genesis__is_refused(local_chain):
    other = replace(local_chain.deployment, genesis_hash="0xab")

    with pytest.raises(ChainError, match="another first block"):
        Chain.connect(local_chain.node.rpc_url, other)


def test_connect__no_contract_or_another_there__is_refused(local_chain):
    empty = replace(local_chain.deployment, token="0x" + "99" * 20)
    swapped = replace(local_chain.deployment, tournament=local_chain.deployment.token)

    with pytest.raises(ChainError, match=r"no contract at 0x9999.* token should be"):
        Chain.connect(local_chain.node.rpc_url, empty)
    with pytest.raises(ChainError, match=r"other code at .* tournament should be"):
        Chain.connect(local_chain.node.rpc_url, swapped)


def test_connect__other_salt__is_refused(local_chain):
    other = replace(local_chain.deployment, salt=bytes(32))

    with pytest.raises(ChainError, match="another salt"):
        Chain.connect(local_chain.node.rpc_url, other)


def test_connect__tournament_of_another_token__is_refused(local_chain):
    artifact = loader.load("token")
    data = artifact.bytecode + Interface(artifact.abi).constructor(1, 1, 0, "0x" + "00" * 20)
    twin = chains.send(local_chain, Write(to=None, data=data, what="a twin"), "carol").contract
    ours = local_chain.deployment.token

    with pytest.raises(ChainError, match=f"stakes token {ours}, not {twin}"):
        Chain.connect(local_chain.node.rpc_url, replace(local_chain.deployment, token=twin))


def test_connect__nobody_listens__is_one_line_with_the_url(local_chain):
    url = f"http://127.0.0.1:{processes.free_port()}"

    with pytest.raises(ChainError, match=f"no answer from the chain at {url}") as caught:
        Chain.connect(url, local_chain.deployment)

    assert "\n" not in str(caught.value)


def test_deployment__kept_in_a_home__is_known_again(local_chain):
    facts = local_chain.home.facts

    known = Deployment.known(facts.chain_id, facts.genesis_hash, facts.contracts)

    assert known == local_chain.deployment
    with pytest.raises(ChainError, match="not deployed yet"):
        Deployment.known(facts.chain_id, None, {})


def test_deploy__again__changes_nothing(local_chain):
    before = local_chain.chain.header()

    again = deploying.deploy(
        local_chain.node.rpc_url,
        local_chain.home.facts.chain_id,
        local_chain.signers["deployer"],
        local_chain.journal,
        chains.plan(local_chain.home),
    )

    assert again == local_chain.deployment
    assert local_chain.chain.header() == before
    assert local_chain.chain.token.supply_at_first() == chains.SUPPLY


def test_deploy__killed_before_each_request__ends_at_the_same_addresses(founded, monkeypatch):
    arguments = founded()
    url, chain_id, deployer, _, _ = arguments
    for request_number in range(3, 10):
        with monkeypatch.context() as patched:
            chains.kill_at_http_request(patched, request_number)
            with pytest.raises(KeyboardInterrupt):
                deploying.deploy(*arguments)

    deployment = deploying.deploy(*arguments)

    assert (deployment.token, deployment.tournament) == deploying.addresses(deployer.address)
    assert Reader.reach(url, chain_id).nonce(deployer.address) == 2


def test_deploy__account_used_before__is_refused(local_chain, tmp_path):
    with pytest.raises(ChainError, match="was used before"):
        deploying.deploy(
            local_chain.node.rpc_url,
            local_chain.home.facts.chain_id,
            local_chain.signers["deployer"],
            Journal(tmp_path / "journal.sqlite"),
            chains.plan(local_chain.home),
        )


def test_reads__an_entered_round__agree_with_its_events(local_chain, round_id, entered):
    tournament = local_chain.chain.tournament

    facts = tournament.facts(round_id)
    (entry,) = tournament.entered(round_id)

    assert tournament.status(round_id) == status.OPEN
    assert tournament.is_open(round_id)
    assert not tournament.is_open(round_id + 10**6)
    assert facts.terms == terms(facts.terms.opens)
    assert facts.parameters == tournament.parameters()
    assert facts.operator == local_chain.signers["operator"].address
    assert (facts.entrants, facts.at_risk, facts.locked) == (1, WAD, WAD)
    assert entry.model == entered
    assert entry.owner == local_chain.signers["alice"].address
    assert entry.head == facts.head
    assert (entry.at_risk, entry.nonce, entry.commitment) == (WAD, 1, b"\5" * 32)
    assert entry.timestamp == facts.terms.opens == local_chain.chain.header(entry.block).timestamp
    (opened,) = [event for event in tournament.opened() if event.round == round_id]
    assert (opened.config, opened.terms) == (facts.config, facts.terms)
    assert tournament.locked_many(round_id, [entered, bytes(32)]) == [WAD, 0]
    assert tournament.facts_many([round_id]) == {round_id: facts}
    assert tournament.events_of(round_id) == [opened, entry]
    assert round_id in tournament.rounds()


def test_reads__pinned_to_an_earlier_block__show_it_as_it_was(local_chain, round_id, entered):
    tournament = local_chain.chain.tournament
    (entry,) = tournament.entered(round_id)

    assert tournament.facts(round_id, block=entry.block - 1).entrants == 0
    assert tournament.facts(round_id, block=entry.block).entrants == 1
    assert tournament.entered(round_id, to_block=entry.block - 1) == []


def test_status_many__each_status_of_a_round__is_the_contract_s(local_chain, round_id):
    local, tournament = local_chain, local_chain.chain.tournament
    agreed, found = terms(local.chain.now() + 60), []
    unknown = round_id + 10**6
    chains.send(local, tournament.open_round(round_id, agreed), "operator")
    for moment in (agreed.opens - 1, agreed.opens, agreed.closes - 1, agreed.closes):
        local.node.advance(moment)
        found.append(tournament.status_many([round_id, unknown]))
        assert found[-1] == {each: tournament.status(each) for each in (round_id, unknown)}

    statuses = [each[round_id] for each in found]

    assert statuses == [status.SCHEDULED, status.OPEN, status.OPEN, status.ABANDONED]


def test_facts_many__again__asks_about_rounds_alone_of_which_something_was_logged(
    local_chain, round_id, entered, monkeypatch
):
    tournament, asked = local_chain.chain.tournament, []
    other = chains.open_round(local_chain)
    read = type(local_chain.chain).call_many

    def noted(chain, to, data, block="latest"):
        asked.append(len(data))
        return read(chain, to, data, block)

    monkeypatch.setattr(type(local_chain.chain), "call_many", noted)
    first = tournament.facts_many([round_id, other])
    entry = tournament.enter(other, f"alice-{round_id}", Wei(WAD), b"\5" * 32, 1)
    chains.send(local_chain, entry, "alice")

    second = tournament.facts_many([round_id, other])

    assert asked == [2, 1]
    assert [first[other].entrants, second[other].entrants] == [0, 1]
    assert second == {each: tournament.facts(each) for each in (round_id, other)}
    assert tournament.facts_many([other], tournament.opening(other).block)[other].entrants == 0


def test_round__played_to_its_settlement__pays_and_logs_it(local_chain, round_id, entered):
    local, tournament = local_chain, local_chain.chain.tournament
    agreed, seen = tournament.facts(round_id).terms, []

    def advance(moment):
        local.node.advance(moment)
        seen.append(tournament.status(round_id))
        assert tournament.status_many([round_id]) == {round_id: seen[-1]}

    row = Row(model=entered, return_nano=100_000_000, profit_nano=0)
    root = row.leaf(round_id)
    advance(agreed.closes)
    chains.send(local, tournament.record_book(round_id, b"\6" * 32, "book"), "operator")
    advance(agreed.resolves - 1)
    advance(agreed.resolves)
    chains.send(
        local, tournament.propose(round_id, root, b"\7" * 32, b"\x08" * 32, "r"), "operator"
    )
    free, block_before = tournament.free(entered), local.chain.header().number

    chains.send(local, tournament.settle_many(round_id, [row], [[]]), "keeper")
    chains.send(local, tournament.settle_many(round_id, [row], [[]]), "keeper")

    (settled,) = tournament.settled(round_id)
    (booked,), (proposed,) = tournament.booked(round_id), tournament.proposed(round_id)
    assert (booked.factor, booked.at_risk, booked.uri) == (WAD, WAD, "book")
    assert (proposed.root, proposed.proposer) == (root, local.signers["operator"].address)
    assert (settled.payout, settled.burn) == (WAD // 10, 0)
    assert tournament.free(entered) == free + WAD + WAD // 10
    assert tournament.skipped(round_id)[0].model == entered
    assert seen == [status.CLOSED, status.BOOKED, status.RESOLVING]
    assert tournament.status(round_id) == status.FINAL
    assert tournament.facts(round_id).proposal.root == root
    assert tournament.finals()[round_id] == tournament.final_at(round_id)
    assert round_id in tournament.under_way(block_before)
    assert round_id not in tournament.under_way()


def test_events__whole_log__is_in_order_and_usage_counts_its_transactions(local_chain, entered):
    events = local_chain.chain.tournament.events()

    places = [(event.block, event.log_index) for event in events]
    usage = local_chain.chain.usage()

    assert places == sorted(set(places))
    assert usage["transactions"] >= len({event.transaction for event in events})
    assert usage["fees_wei"] == usage["gas"] * 10**9

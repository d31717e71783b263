"""One server for all scenarios: what a department did in one of them is still there in the next."""

import pytest

from ..live_server import database_copy, running_server
from .office import Office


@pytest.fixture(scope="package")
def office(tmp_path_factory):
    """The department at its desks; in the end the log of the server must hold refusals, but no error."""
    with database_copy("office") as name, running_server(name, tmp_path_factory.mktemp("office")) as live:
        yield Office(live)
        assert live.errors() == []


@pytest.fixture(scope="package")
def anna(office):
    """The salesperson."""
    return office.anna


@pytest.fixture
def deal(office):
    """A deal of Anna, new in the funnel."""
    return office.new_deal()


@pytest.fixture
def unpaid_deal(office):
    """A deal of which only the payment is missing."""
    deal_id = office.worked_deal()
    office.move(deal_id, "stage_deal_payment")
    return deal_id


@pytest.fixture(scope="package")
def paid_deal(office):
    """A request that went the whole way: qualified, converted, delivered, paid."""
    lead_id = office.qualified_lead()
    for stage in ("stage_lead_contact", "stage_lead_no_answer", "stage_lead_qualification"):
        office.move(lead_id, stage)
    office.convert(lead_id)
    office.do_tasks(lead_id, "funnel_deals")
    for stage in ("stage_deal_proposal", "stage_deal_contract", "stage_deal_shipment", "stage_deal_payment"):
        office.move(lead_id, stage)
    office.anna.write("crm.lead", lead_id, contract_amount=100000, received_amount=100000)
    office.anna.call("crm.lead", "action_set_won_rainbowman", [lead_id])
    return lead_id

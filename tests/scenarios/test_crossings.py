"""A day between the funnels, over the network: a client who comes back, a deal that waits, a refusal that is checked.

Sara is the secretary, Anna and Clara sell, Boris is the head, Kira checks refusals; each is logged in as herself or
himself.
"""

from datetime import date, timedelta

import pytest
from odoorpc.error import RPCError

PHONE = "+7 912 777-66-55"
SAME_PHONE = "8 (912) 777 66 55"


@pytest.fixture(scope="module")
def sara(office):
    desk = office._hire("sara", "sales_team.group_sale_salesman_all_leads")
    office.admin.create("funnel.role.assignment", role_id=office.admin.ref("role_secretary"), user_id=desk.user_id)
    return desk


@pytest.fixture(scope="module")
def kira(office):
    return office._hire("kira", "sales_funnel_addon.group_funnel_quality_controller")


@pytest.fixture(scope="module")
def returning(office, sara):
    """A lead of Anna whose client Clara has lost before."""
    earlier = office.new_lead(office.clara, contact_name="Вера Мороз", phone=PHONE)
    answers = {"lost_reason_id": office.clara.ref("reason_changed_mind")}
    office.clara.call("crm.lead", "action_set_lost", [earlier], **answers)
    return office.qualified_lead(phone=SAME_PHONE)


# ------------------------------------------------------------
# A CLIENT COMES BACK
# ------------------------------------------------------------


def test_anna_sees_who_has_worked_with_the_client(office, returning):
    lead = office.anna.read("crm.lead", returning, "is_repeat_client", "repeat_summary")
    assert lead["is_repeat_client"]
    assert "Clara" in lead["repeat_summary"]


def test_anna_sees_nothing_of_what_was_written_there(office, returning):
    history = office.anna.read("crm.lead", returning, "repeat_history")["repeat_history"]
    assert "Clara" in history
    assert PHONE not in history


def test_the_secretary_is_told_once(office, sara, returning):
    office.anna.write("crm.lead", returning, phone=PHONE)
    office.anna.write("crm.lead", returning, phone=SAME_PHONE)
    domain = [("lead_id", "=", returning), ("timer_id", "=", False)]
    assert [row["user_id"] for row in sara.rows("funnel.delivery", domain, "user_id")] == [sara.user_id]


def test_the_client_of_a_colleague_is_not_converted_silently(office, returning):
    with pytest.raises(RPCError, match="Clara"):
        office.anna.call("crm.lead", "convert_opportunity", [returning], False)
    with pytest.raises(RPCError, match="Clara"):
        office.convert(returning)
    assert office.place(returning)[0] == "funnel_leads"


@pytest.fixture(scope="module")
def deal(office, returning):
    """The deal that becomes of it once Anna has said that she knows."""
    context = {"active_model": "crm.lead", "active_id": returning, "active_ids": [returning]}
    values = {"repeat_acknowledged": True}
    wizard = office.anna.call("crm.lead2opportunity.partner", "create", values, context=context)
    office.anna.call("crm.lead2opportunity.partner", "action_apply", [wizard], context=context)
    return returning


def test_knowing_of_it_she_converts_it(office, deal):
    assert office.place(deal) == ("funnel_deals", "stage_deal_specification")
    assert [row["kind"] for row in office.log(deal)][-1] == "converted"
    assert office.anna.read("crm.lead", deal, "partner_id")["partner_id"]


# ------------------------------------------------------------
# THE DEAL WAITS
# ------------------------------------------------------------


def test_a_near_date_is_no_reason_to_defer(office, deal):
    soon = str(date.today() + timedelta(days=20))
    with pytest.raises(RPCError, match="32"):
        office.anna.call("crm.lead", "funnel_defer", [deal], soon, "На даче")


@pytest.fixture(scope="module")
def deferred(office, deal):
    """The deal, deferred for two months, and until when."""
    until = date.today() + timedelta(days=60)
    office.anna.call("crm.lead", "funnel_defer", [deal], str(until), "Уехала до весны")
    return deal, until


def test_it_waits_in_the_month_of_its_next_contact(office, deferred):
    deal, until = deferred
    assert office.place(deal) == ("funnel_deferred", f"stage_deferred_{until.month:02}")
    plan = office.anna.rows("mail.activity", [("res_model", "=", "crm.lead"), ("res_id", "=", deal)], "date_deadline")
    assert [row["date_deadline"] for row in plan] == [str(until)]
    assert office.anna.count("crm.lead", ("team_id", "=", office.anna.ref("funnel_deals")), ("id", "=", deal)) == 0


def test_another_month_needs_another_date(office, deferred):
    deal, until = deferred
    other = until.month % 12 + 1
    with pytest.raises(RPCError):
        office.move(deal, f"stage_deferred_{other:02}")
    later = until + timedelta(days=40)
    office.anna.write("crm.lead", deal, deferral_date=str(later))
    assert office.place(deal)[1] == f"stage_deferred_{later.month:02}"


def test_resumed_it_is_where_it_was(office, deferred):
    deal, _until = deferred
    office.anna.call("crm.lead", "funnel_resume", [deal])
    assert office.place(deal) == ("funnel_deals", "stage_deal_specification")
    assert office.log(deal)[-1]["kind"] == "resumed"
    assert not office.anna.read("crm.lead", deal, "deferral_date")["deferral_date"]


# ------------------------------------------------------------
# THE REFUSAL IS CHECKED
# ------------------------------------------------------------


@pytest.fixture(scope="module")
def review(office, deferred, kira):
    """What quality control has on its board once Anna has lost the deal."""
    deal, _until = deferred
    office.lose([deal], "reason_changed_mind")
    domain = [("lead_id", "=", deal), ("state", "=", "to_check")]
    [row] = kira.rows("funnel.refusal", domain, "id", "user_id", "stage_id")
    assert row["user_id"] == office.anna.user_id
    return row["id"]


def test_anna_cannot_check_her_own_refusal(office, review):
    cause = office.admin.rows("funnel.refusal.cause", [], "id")[0]["id"]
    with pytest.raises(RPCError):
        office.anna.call("funnel.refusal", "action_verify", [review], cause)


def test_kira_returns_it_with_a_next_step(office, kira, review, deferred):
    deal, _until = deferred
    cause = office.admin.rows("funnel.refusal.cause", [], "id")[0]["id"]
    kira.call("funnel.refusal", "action_return", [review], cause, "Спросите о рассрочке")
    assert office.place(deal) == ("funnel_deals", "stage_deal_specification")
    assert office.log(deal)[-1]["kind"] == "reopened"
    plan = office.anna.rows("mail.activity", [("res_id", "=", deal), ("user_id", "=", office.anna.user_id)], "note")
    assert any("рассрочке" in (row["note"] or "") for row in plan)


def test_the_statistics_know_of_it(office, kira, review):
    assert kira.read("funnel.refusal", review, "state")["state"] == "returned"
    report = kira.rows("funnel.refusal.report", [("user_id", "=", office.anna.user_id)], "id")
    assert report


def test_lost_once_more_it_is_checked_once_more(office, kira, review, deferred):
    deal, _until = deferred
    office.lose([deal], "reason_changed_mind")
    states = [row["state"] for row in kira.rows("funnel.refusal", [("lead_id", "=", deal)], "state")]
    assert states == ["returned", "to_check"]

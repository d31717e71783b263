"""Noon in the sales department: clients say no, and why they do is worth knowing."""

import pytest


def test_a_loss_needs_a_reason_whichever_way_it_is_entered(office, anna, deal):
    with office.refused("A lost reason is needed."):
        office.lose([deal])
    with office.refused("A lost reason is needed."):
        anna.call("crm.lead", "action_set_lost", [deal])
    with office.refused("A lost reason is needed."):
        anna.write("crm.lead", deal, active=False, probability=0)
    with office.refused("A lost reason is needed."):
        office.new_deal(active=False, probability=0)


def test_the_reason_belongs_to_the_funnel(office, deal):
    with office.refused("“Not a client” is not a lost reason of the funnel “Deals”."):
        office.lose([deal], "junk_not_client")
    with office.refused("“Too expensive” is not a lost reason of the funnel “Deals”."):
        office.lose([deal], "crm.lost_reason_1")


def test_some_reasons_need_a_comment(office, anna, deal):
    for comment in (False, "", "  \n"):
        with office.refused("The reason “Expensive” needs a comment."):
            office.lose([deal], "reason_expensive", lost_comment=comment)
    with office.refused("The reason “Expensive” needs a comment."):
        anna.call("crm.lead", "action_set_lost", [deal], lost_reason_id=anna.ref("reason_expensive"))


@pytest.fixture
def lost_deal(office, deal):
    office.lose([deal], "reason_expensive", lost_comment="Вдвое дороже соседей")
    return deal


def test_the_comment_stays_on_the_lead(office, anna, lost_deal):
    names = ("active", "won_status", "lost_reason_id", "lost_comment", "lost_category")
    assert anna.read("crm.lead", lost_deal, *names) == {
        "active": False,
        "won_status": "lost",
        "lost_reason_id": anna.ref("reason_expensive"),
        "lost_comment": "Вдвое дороже соседей",
        "lost_category": "refusal",
    }
    assert office.place(lost_deal) == ("funnel_deals", "stage_deal_specification")


def test_the_comment_stands_in_the_chatter(office, lost_deal):
    domain = [("mail_message_id.model", "=", "crm.lead"), ("mail_message_id.res_id", "=", lost_deal)]
    tracked = office.admin.rows("mail.tracking.value", domain, "new_value_text", "new_value_char")
    assert {"new_value_text": "Вдвое дороже соседей", "new_value_char": False} in tracked
    assert {"new_value_text": False, "new_value_char": "Expensive"} in tracked


def test_the_comment_stands_in_the_log(office, anna, lost_deal):
    last = office.log(lost_deal)[-1]
    assert (last["kind"], last["user_id"]) == ("lost", anna.user_id)
    assert last["reason"] == "Expensive — Вдвое дороже соседей"


def test_a_lead_lost_without_the_dialog_keeps_its_comment_too(office, anna, deal):
    answers = {"lost_reason_id": anna.ref("reason_other"), "lost_comment": "Переезжает"}
    anna.call("crm.lead", "action_set_lost", [deal], **answers)
    assert anna.read("crm.lead", deal, "lost_comment", "won_status") == {
        "lost_comment": "Переезжает",
        "won_status": "lost",
    }


def test_a_loss_cannot_be_made_light_of_afterwards(office, anna, lost_deal):
    with office.refused("The reason “Expensive” needs a comment."):
        anna.write("crm.lead", lost_deal, lost_comment=False)
    with office.refused("“Not a client” is not a lost reason of the funnel “Deals”."):
        anna.write("crm.lead", lost_deal, lost_reason_id=anna.ref("junk_not_client"))
    with office.refused("A lost reason is needed."):
        anna.write("crm.lead", lost_deal, lost_reason_id=False)


def test_a_reopened_deal_forgets_its_loss(office, anna, lost_deal):
    anna.call("crm.lead", "action_unarchive", [lost_deal])
    reopened = anna.read("crm.lead", lost_deal, "active", "lost_reason_id", "lost_comment")
    assert reopened == {"active": True, "lost_reason_id": False, "lost_comment": False}
    assert [event["kind"] for event in office.log(lost_deal)] == ["created", "lost", "reopened"]


def test_junk_is_told_from_refusals(office, anna):
    junk, refusal = office.new_lead(contact_name="asdf"), office.new_lead(contact_name="Глеб")
    office.lose([junk], "junk_test")
    office.lose([refusal], "reason_changed_mind")
    for category, lead_id in (("junk", junk), ("refusal", refusal)):
        found = anna.rows("crm.lead", [("lost_category", "=", category), ("id", "in", [junk, refusal])], "id")
        assert found == [{"id": lead_id}]


@pytest.fixture(scope="module")
def far_away(office):
    """A reason made by the administrator that asks for the city and for a comment."""
    city = office.admin.rows("ir.model.fields", [("model", "=", "crm.lead"), ("name", "=", "city")], "id")
    return office.admin.create(
        "crm.lost.reason",
        name="Too far away",
        team_ids=[(6, 0, [office.admin.ref("funnel_deals")])],
        required_field_ids=[(6, 0, [city[0]["id"]])],
        comment_required=True,
    )


def test_a_mass_loss_is_refused_as_a_whole_and_names_the_one_to_blame(office, anna, far_away):
    complete = [office.new_deal(city="Пермь"), office.new_deal(city="Омск")]
    incomplete = office.new_deal(name="Шкаф")
    answers = {"lost_reason_id": far_away, "lost_comment": "Не возим"}
    with office.refused("Шкаф\n• Fill in: City") as caught:
        anna.call("crm.lead", "action_set_lost", [*complete, incomplete], **answers)
    assert "Кухня" not in str(caught.value)


def test_a_mass_loss_names_all_that_lack_something(office, anna, far_away):
    """Whatever their probability: stock Odoo counts an archived lead of probability zero as lost."""
    chances = {"Стол": 0, "Стул": 40, "Полка": 90}
    deals = [office.new_deal(name=name, probability=chance) for name, chance in chances.items()]
    with office.refused(*(f"{name}\n• The reason “Too far away” needs a comment." for name in chances)):
        anna.call("crm.lead", "action_set_lost", deals, lost_reason_id=far_away)


def test_the_dialog_fills_in_what_some_of_the_leads_lack(office, anna, far_away):
    known, unknown = office.new_deal(city="Пермь"), office.new_deal()
    answers = {"lost_comment": "Не возим", "missing_values": {"city": "Омск"}}
    wizard = anna.create("crm.lead.lost", lead_ids=[(6, 0, [known, unknown])], lost_reason_id=far_away, **answers)
    anna.call("crm.lead.lost", "action_lost_reason_apply", [wizard])
    found = anna.rows("crm.lead", [("id", "in", [known, unknown])], "won_status", "city", "lost_comment")
    assert [(lead["won_status"], lead["city"]) for lead in found] == [("lost", "Пермь"), ("lost", "Омск")]
    assert {lead["lost_comment"] for lead in found} == {"Не возим"}

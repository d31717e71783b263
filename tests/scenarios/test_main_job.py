"""A day in the sales department, from a list of clients to the money, over the network as a salesperson.

The server is a real one, its database a copy of the installed addon. Anna has the stock group of salespeople and no
other. Every refusal is checked for its words and for having written nothing at all.
"""

import json

import pytest

from ..live_server import database_copy, running_server
from .client_list import make_clients
from .office import Office

ROWS = 200
COLUMNS = ("contact_name", "partner_name", "phone", "email_from", "source_id", "description")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with database_copy("main-job") as name, running_server(name, tmp_path_factory.mktemp("main-job")) as live:
        yield Office(live)


@pytest.fixture(scope="module")
def anna(office):
    return office.anna


# ------------------------------------------------------------
# MORNING: A LIST OF CLIENTS IS IMPORTED
# ------------------------------------------------------------


@pytest.fixture(scope="module")
def headers(office):
    """The names of the columns are those of the fields on Anna's Russian screen."""
    labels = office.anna_in_russian.call("crm.lead", "fields_get", list(COLUMNS), ["string"])
    return [labels[name]["string"] for name in COLUMNS]


@pytest.fixture(scope="module")
def clients(office):
    sources = [office.anna.ref(f"source_{name}") for name in ("website", "events", "recommendation")]
    names = office.anna_in_russian.rows("utm.source", [("id", "in", sources)], "display_name")
    return make_clients(ROWS, [name["display_name"] for name in names])


@pytest.fixture(scope="module")
def imported(office, headers, clients):
    """What the importer answered, and the leads in the order of the rows."""
    rows = [client.cells for client in clients]
    preview, result = office.import_file(office.anna_in_russian, "funnel_leads", headers, rows)
    names = ("id", "name", "type", "team_id", "stage_id", "user_id", "active", "won_status", "phone_sanitized", *COLUMNS)
    return preview, result, office.anna.rows("crm.lead", [("id", "in", result["ids"] or [])], *names)


def test_the_importer_understands_the_file(imported):
    preview, _result, _leads = imported
    assert preview["num_rows"] == ROWS + 1
    assert [preview["matches"].get(str(index)) for index in range(len(COLUMNS))] == [[name] for name in COLUMNS]


def test_every_row_is_a_lead_at_the_start_of_the_funnel(office, imported):
    _preview, result, leads = imported
    assert result["messages"] == []
    assert len(leads) == ROWS
    start = {
        "type": "lead",
        "team_id": office.anna.ref("funnel_leads"),
        "stage_id": office.anna.ref("stage_lead_new"),
        "user_id": office.anna.user_id,
        "active": True,
        "won_status": "pending",
    }
    assert [lead for lead in leads if {name: lead[name] for name in start} != start] == []


def test_every_lead_has_a_title_and_what_the_row_says(imported, clients):
    _preview, _result, leads = imported
    for lead, client in zip(leads, clients, strict=True):
        assert lead["name"] == client.title
        assert (lead["contact_name"] or "", lead["email_from"] or "") == (client.contact_name, client.email)


def test_the_source_is_found_by_the_name_anna_sees(office, imported, clients):
    _preview, _result, leads = imported
    ids = [lead["source_id"] for lead in leads]
    sources = office.anna_in_russian.rows("utm.source", [("id", "in", ids)], "id", "display_name")
    names = {source["id"]: source["display_name"] for source in sources}
    assert [names[source_id] for source_id in ids] == [client.source for client in clients]


def test_all_spellings_of_a_phone_mean_the_same_number(imported, clients):
    _preview, _result, leads = imported
    assert [lead["phone_sanitized"] or "" for lead in leads] == [client.number for client in clients]
    assert len({lead["phone"] for lead in leads[:5]}) == 5
    assert len({lead["phone_sanitized"] for lead in leads[:5]}) == 1


def test_the_log_knows_who_imported_the_leads(office, imported):
    _preview, _result, leads = imported
    log = office.anna.rows("funnel.move", [("lead_id", "in", [lead["id"] for lead in leads])], "kind", "user_id")
    assert log == [{"kind": "created", "user_id": office.anna.user_id}] * ROWS


def test_a_row_in_the_stage_of_another_funnel_is_refused(office):
    rows = [("Good", "New lead"), ("Wrong", "Shipment"), ("Good too", "Primary contact")]
    with office.nothing_written():
        _preview, result = office.import_file(
            office.anna, "funnel_leads", ["Contact", "Stage"], rows, ["contact_name", "stage_id"]
        )
    assert not result["ids"]
    [message] = [message for message in result["messages"] if message["rows"]["from"] == 1]
    assert "Wrong\n• The stage “Shipment” does not belong to the funnel “Leads”." in message["message"]


def test_a_row_in_a_late_stage_needs_what_the_way_there_asks_for(office):
    paid = ("Paid", "sales_funnel_addon.stage_deal_won", "1000", "1000")
    rows = [paid, ("Unpaid", "sales_funnel_addon.stage_deal_won", "1000", "400"), paid]
    columns = ["contact_name", "stage_id/id", "contract_amount", "received_amount"]
    with office.nothing_written():
        _preview, result = office.import_file(
            office.anna, "funnel_deals", ["Contact", "Stage", "Contract", "Received"], rows, columns
        )
    assert not result["ids"]
    [message] = [message for message in result["messages"] if message["rows"]["from"] == 1]
    assert "Unpaid\n• The client has not paid the whole contract amount yet" in message["message"]


# ------------------------------------------------------------
# BEFORE NOON: LEADS ARE QUALIFIED AND CONVERTED
# ------------------------------------------------------------


def test_a_lead_walks_through_its_stages(office, anna, imported):
    _preview, _result, leads = imported
    lead_id = leads[0]["id"]
    for stage in ("stage_lead_contact", "stage_lead_qualification"):
        office.move(lead_id, stage)
        assert office.place(lead_id) == ("funnel_leads", stage)


def test_a_lead_that_lacks_something_is_not_converted(office):
    lead_id = office.new_lead(partner_name="ООО «Ромашка»")
    office.move(lead_id, "stage_lead_qualification")
    missing = (
        "Fill in: Contact Name, Source",
        "Fill in at least one of: Email, Phone",
        "Write down what the client needs (Notes)",
    )
    with office.refused("ООО «Ромашка»", *missing):
        office.convert(lead_id)
    with office.refused(*missing):
        office.anna.call("crm.lead", "convert_opportunity", [lead_id], False)


def test_the_refusal_speaks_russian_to_a_russian(office):
    lead_id = office.new_lead(contact_name="Вера")
    with office.refused("Заполните: Источник", "Запишите"):
        office.anna_in_russian.call("crm.lead", "convert_opportunity", [lead_id], False)


def test_skipping_the_qualification_skips_none_of_its_rules(office):
    lead_id = office.new_lead(contact_name="Вера", phone="+7 912 345-67-89", description="Кухня")
    with office.refused("Вера\n• Fill in: Source"):
        office.convert(lead_id)


def test_a_complete_lead_becomes_a_deal_with_a_contact(office, anna):
    lead_id = office.new_lead(contact_name="Вера Мороз", partner_name="ООО «Север»")
    office.move(lead_id, "stage_lead_qualification")
    anna.write("crm.lead", lead_id, phone="8 (912) 345-67-89", source_id=anna.ref("source_website"), description="Кухня")
    partners = office.admin.count("res.partner")
    office.convert(lead_id)
    deal = anna.read("crm.lead", lead_id, "type", "user_id", "partner_id", "phone_sanitized")
    assert (deal["type"], deal["user_id"], deal["phone_sanitized"]) == ("opportunity", anna.user_id, "+79123456789")
    assert office.place(lead_id) == ("funnel_deals", "stage_deal_specification")
    contact = anna.read("res.partner", deal["partner_id"], "name", "commercial_company_name")
    assert contact == {"name": "Вера Мороз", "commercial_company_name": "ООО «Север»"}
    assert office.admin.count("res.partner") == partners + 2, "a contact and its company"


def test_conversion_without_the_dialog_keeps_the_same_rules(office, anna):
    lead_id = office.qualified_lead()
    anna.call("crm.lead", "convert_opportunity", [lead_id], False)
    assert office.place(lead_id) == ("funnel_deals", "stage_deal_specification")
    assert anna.read("crm.lead", lead_id, "type") == {"type": "opportunity"}


def test_a_lead_is_not_moved_into_the_deals_past_the_conversion(office, anna):
    lead_id = office.qualified_lead()
    with office.refused("“Deals” is not a funnel of leads: convert the lead instead of moving it."):
        anna.write("crm.lead", lead_id, team_id=anna.ref("funnel_deals"))
    with office.refused("The stage “Shipment” does not belong to the funnel “Leads”."):
        office.move(lead_id, "stage_deal_shipment")


# ------------------------------------------------------------
# NOON: CLIENTS SAY NO
# ------------------------------------------------------------


@pytest.fixture
def deal(office):
    return office.new_deal()


def test_a_loss_needs_a_reason_whichever_way_it_is_entered(office, anna, deal):
    with office.refused("A lost reason is needed."):
        office.lose([deal])
    with office.refused("A lost reason is needed."):
        anna.call("crm.lead", "action_set_lost", [deal])
    with office.refused("A lost reason is needed."):
        anna.write("crm.lead", deal, active=False, probability=0)


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
    assert anna.read("crm.lead", deal, "lost_comment", "won_status") == {"lost_comment": "Переезжает", "won_status": "lost"}


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
    incomplete = anna.create("crm.lead", team_id=anna.ref("funnel_deals"), name="Шкаф")
    answers = {"lost_reason_id": far_away, "lost_comment": "Не возим"}
    with office.refused("Шкаф\n• Fill in: City") as caught:
        anna.call("crm.lead", "action_set_lost", [*complete, incomplete], **answers)
    assert "Кухня" not in str(caught.value)


def test_a_mass_loss_names_all_that_lack_something(office, anna, far_away):
    """Whatever their probability: stock Odoo counts an archived lead of probability zero as lost."""
    chances = {"Стол": 0, "Стул": 40, "Полка": 90}
    values = [
        {"team_id": anna.ref("funnel_deals"), "name": name, "probability": chance} for name, chance in chances.items()
    ]
    deals = anna.call("crm.lead", "create", values)
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


# ------------------------------------------------------------
# AFTERNOON: A DEAL IS PAID
# ------------------------------------------------------------


def test_an_unpaid_deal_is_not_won(office, anna, deal):
    office.move(deal, "stage_deal_payment")
    amounts = "Fill in: Contract Amount, Received Amount"
    unpaid = "The client has not paid the whole contract amount yet"
    with office.refused(amounts):
        anna.call("crm.lead", "action_set_won_rainbowman", [deal])
    anna.write("crm.lead", deal, contract_amount=100000, received_amount=99999.99)
    with office.refused(unpaid):
        anna.call("crm.lead", "action_set_won_rainbowman", [deal])
    with office.refused(unpaid):
        office.move(deal, "stage_deal_won")
    with office.refused(unpaid):
        anna.write("crm.lead", deal, stage_id=anna.ref("stage_deal_won"), probability=100)


def test_a_deal_is_not_won_from_an_early_stage_either(office, anna, deal):
    with office.refused("Fill in: Contract Amount, Received Amount"):
        anna.call("crm.lead", "action_set_won_rainbowman", [deal])


@pytest.fixture(scope="module")
def paid_deal(office):
    """A request that went the whole way: qualified, converted, delivered, paid."""
    lead_id = office.qualified_lead()
    for stage in ("stage_lead_contact", "stage_lead_no_answer", "stage_lead_qualification"):
        office.move(lead_id, stage)
    office.convert(lead_id)
    for stage in ("stage_deal_proposal", "stage_deal_contract", "stage_deal_shipment", "stage_deal_payment"):
        office.move(lead_id, stage)
    office.anna.write("crm.lead", lead_id, contract_amount=100000, received_amount=100000)
    office.anna.call("crm.lead", "action_set_won_rainbowman", [lead_id])
    return lead_id


def test_a_paid_deal_is_won(office, anna, paid_deal):
    assert anna.read("crm.lead", paid_deal, "won_status", "amount_due") == {"won_status": "won", "amount_due": 0}
    assert office.place(paid_deal) == ("funnel_deals", "stage_deal_won")


# ------------------------------------------------------------
# EVENING: WHO DID WHAT
# ------------------------------------------------------------


def test_the_log_tells_the_whole_way(office, anna, paid_deal):
    log = office.log(paid_deal)
    assert [(event["kind"], office.xml_id("crm.stage", event["to_stage_id"])) for event in log] == [
        ("created", "stage_lead_new"),
        ("moved", "stage_lead_contact"),
        ("moved", "stage_lead_no_answer"),
        ("moved", "stage_lead_qualification"),
        ("converted", "stage_deal_specification"),
        ("moved", "stage_deal_proposal"),
        ("moved", "stage_deal_contract"),
        ("moved", "stage_deal_shipment"),
        ("moved", "stage_deal_payment"),
        ("won", "stage_deal_won"),
    ]
    assert [event["from_stage_id"] for event in log[1:]] == [event["to_stage_id"] for event in log[:-1]]
    assert {event["user_id"] for event in log} == {anna.user_id}


def test_nobody_writes_the_log_by_hand(office, anna, paid_deal):
    [move, *_rest] = anna.rows("funnel.move", [("lead_id", "=", paid_deal)], "id")
    for desk in (anna, office.boris, office.admin):
        with office.refused("Stage Move", kind="AccessError"):
            desk.write("funnel.move", move["id"], reason="It was not me")
        with office.refused("Stage Move", kind="AccessError"):
            desk.create("funnel.move", lead_id=paid_deal, kind="won", date="2026-01-01 00:00:00")
        with office.refused("Stage Move", kind="AccessError"):
            desk.call("funnel.move", "unlink", [move["id"]])


def test_the_leads_of_a_colleague_stay_unseen(office, anna):
    lead_id = office.new_lead(office.clara, contact_name="Клиент Клары")
    [move] = office.log(lead_id, office.clara)
    move_id = office.clara.rows("funnel.move", [("lead_id", "=", lead_id)], "id")[0]["id"]
    assert move["kind"] == "created"
    assert anna.count("crm.lead", ("id", "=", lead_id)) == 0
    assert office.log(lead_id, anna) == []
    assert anna.call("funnel.move", "formatted_read_group", [("lead_id", "=", lead_id)], [], ["__count"])[0]["__count"] == 0
    with office.refused("(crm.lead)", kind="AccessError"):
        anna.call("crm.lead", "read", [lead_id], ["name"])
    with office.refused("(funnel.move)", kind="AccessError"):
        anna.call("funnel.move", "read", [move_id], ["kind"])
    with office.refused("(crm.lead)", kind="AccessError"):
        anna.call("crm.lead", "funnel_check_move", [lead_id], anna.ref("stage_lead_contact"))
    with office.refused("(crm.lead)", kind="AccessError"):
        office.move(lead_id, "stage_lead_contact")


@pytest.fixture
def unpaid_deal(office, deal):
    office.move(deal, "stage_deal_payment")
    return deal


def test_a_salesperson_does_not_override_the_rules(office, anna, unpaid_deal):
    arguments = [unpaid_deal], anna.ref("stage_deal_won"), "The money will come"
    with office.refused("Only the head of the funnel or a funnel manager can override its rules", kind="AccessError"):
        anna.call("crm.lead", "funnel_override_move", *arguments)
    with office.refused("Fill in: Contract Amount, Received Amount"):
        forged = {"lead_ids": [unpaid_deal], "stage_id": anna.ref("stage_deal_won"), "reason": "x"}
        anna.call(
            "crm.lead", "write", [unpaid_deal], {"stage_id": forged["stage_id"]}, context={"funnel_gate_pass": forged}
        )


def test_the_head_overrides_them_with_a_reason(office, unpaid_deal):
    boris, won = office.boris, office.boris.ref("stage_deal_won")
    with office.refused("Write the reason for the override", kind="UserError"):
        boris.call("crm.lead", "funnel_override_move", [unpaid_deal], won, "   ")
    boris.call("crm.lead", "funnel_override_move", [unpaid_deal], won, "Guaranteed by the bank")
    assert office.place(unpaid_deal) == ("funnel_deals", "stage_deal_won")
    last = office.log(unpaid_deal)[-1]
    assert (last["kind"], last["user_id"], last["reason"]) == ("override", boris.user_id, "Guaranteed by the bank")
    domain = [("model", "=", "crm.lead"), ("res_id", "=", unpaid_deal), ("body", "ilike", "Guaranteed by the bank")]
    assert office.admin.count("mail.message", *domain) == 1


# ------------------------------------------------------------
# WHAT THE WEB CLIENT ASKS BEFORE A CARD IS DROPPED
# ------------------------------------------------------------


def verdict(office, lead_id, stage, desk=None):
    desk = desk or office.anna
    with office.nothing_written():
        answer = desk.call("crm.lead", "funnel_check_move", [lead_id], desk.ref(stage))
    assert json.loads(json.dumps(answer)) == answer
    return answer


def test_the_verdict_lets_pass(office, deal):
    answer = verdict(office, deal, "stage_deal_contract")
    assert (answer["status"], answer["missing_fields"], answer["can_override"]) == ("ok", [], False)
    assert (answer["lead"]["id"], answer["stage"]["name"]) == (deal, "Contract / invoice")


def test_the_verdict_asks_for_what_is_missing(office, unpaid_deal):
    answer = verdict(office, unpaid_deal, "stage_deal_won")
    assert answer["status"] == "fixable"
    fields = [(item["name"], item["type"], item["string"]) for item in answer["missing_fields"]]
    assert fields == [
        ("contract_amount", "monetary", "Contract Amount"),
        ("received_amount", "monetary", "Received Amount"),
    ]
    assert [item["message"] for item in answer["requirements"]] == ["Fill in: Contract Amount, Received Amount"]


def test_the_verdict_forbids_what_the_gate_would_refuse(office, deal):
    answer = verdict(office, deal, "stage_lead_contact")
    assert answer["status"] == "forbidden"
    assert answer["reasons"] == ["The stage “Primary contact” does not belong to the funnel “Deals”."]
    assert "Shipment" in [stage["name"] for stage in answer["allowed_stages"]]


def test_the_verdict_tells_the_head_that_he_may_override(office, unpaid_deal):
    assert verdict(office, unpaid_deal, "stage_deal_won", office.boris)["can_override"] is True


def test_the_day_left_no_error_in_the_log(office):
    assert office.live.errors() == []

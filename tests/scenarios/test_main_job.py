"""A day in the sales department, from a list of clients to the money, over the network as a salesperson.

The server is a real one, its database a copy of the installed addon. Anna has the stock group of salespeople and no
other. Every refusal is checked for its words and for having written nothing at all.
"""

import pytest

from .client_list import make_clients

ROWS = 200
COLUMNS = ("contact_name", "partner_name", "phone", "email_from", "source_id", "description")


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
    names = (
        "id",
        "name",
        "type",
        "team_id",
        "stage_id",
        "user_id",
        "active",
        "won_status",
        "phone_sanitized",
        *COLUMNS,
    )
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


def test_a_dry_run_writes_nothing(office):
    columns = ["contact_name", "phone"]
    with office.nothing_written():
        _preview, result = office.import_file(
            office.anna, "funnel_leads", ["Contact", "Phone"], [("Иван", "89123456789")], columns, dryrun=True
        )
    assert (len(result["ids"]), result["messages"]) == (1, [])


def test_a_stage_is_found_by_its_name_in_its_own_funnel(office):
    """Stock Odoo has a stage *Won* as well; on the screen of a funnel the name means the stage of the funnel."""
    rows, columns = [("Оплачено", "Won", 5, 5)], ["contact_name", "stage_id", "contract_amount", "received_amount"]
    headers = ["Contact", "Stage", "Contract", "Received"]
    with office.nothing_written():
        _preview, result = office.import_file(office.anna, "funnel_deals", headers, rows, columns)
    assert not result["ids"]
    assert "Оплачено\n• To do first: Check the stock or the delivery time" in result["messages"][0]["message"]


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
    assert "Unpaid\n• The client has not paid the whole contract amount yet\n• To do first: Check" in message["message"]
    assert "Needs an approval: Contract signed (Head of sales)" in message["message"]


def test_an_import_that_moves_leads_keeps_the_rules_too(office, unpaid_deal):
    headers, columns = ["Id", "Stage"], [".id", "stage_id/id"]
    with office.nothing_written():
        rows = [(unpaid_deal, "sales_funnel_addon.stage_deal_won")]
        _preview, result = office.import_file(office.anna, "funnel_deals", headers, rows, columns)
    assert not result["ids"]
    assert "Fill in: Contract Amount, Received Amount" in result["messages"][0]["message"]
    rows = [(unpaid_deal, "sales_funnel_addon.stage_deal_shipment")]
    _preview, result = office.import_file(office.anna, "funnel_deals", headers, rows, columns)
    assert (result["ids"], result["messages"]) == ([unpaid_deal], [])
    assert office.place(unpaid_deal) == ("funnel_deals", "stage_deal_shipment")


# ------------------------------------------------------------
# BEFORE NOON: LEADS ARE QUALIFIED AND CONVERTED
# ------------------------------------------------------------


def test_a_lead_walks_through_its_stages(office, anna, imported):
    _preview, _result, leads = imported
    lead_id = leads[0]["id"]
    with office.refused("To do first: First analysis"):
        office.move(lead_id, "stage_lead_contact")
    office.do_tasks(lead_id, "funnel_leads")
    for stage in ("stage_lead_contact", "stage_lead_qualification"):
        office.move(lead_id, stage)
        assert office.place(lead_id) == ("funnel_leads", stage)


def test_a_lead_that_lacks_something_is_not_converted(office):
    lead_id = office.worked_lead(partner_name="ООО «Ромашка»")
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
    missing = (
        "Заполните: Источник",
        "хотя бы одно из полей: Эл. почта, Телефон",
        "Опишите, что нужно клиенту (Заметки)",
        "Сначала сделайте: Первичный анализ: не дубль, не тест, реальный клиент",
    )
    with office.refused(*missing):
        office.anna_in_russian.call("crm.lead", "convert_opportunity", [lead_id], False)


def test_skipping_the_qualification_skips_none_of_its_rules(office):
    lead_id = office.worked_lead(contact_name="Вера", phone="+7 912 345-67-89", description="Кухня")
    with office.refused("Вера\n• Fill in: Source"):
        office.convert(lead_id)


def test_a_complete_lead_becomes_a_deal_with_a_contact(office, anna):
    lead_id = office.worked_lead(contact_name="Вера Мороз", partner_name="ООО «Север»")
    office.move(lead_id, "stage_lead_qualification")
    anna.write(
        "crm.lead", lead_id, phone="8 (912) 345-67-01", source_id=anna.ref("source_website"), description="Кухня"
    )
    partners = office.admin.count("res.partner")
    office.convert(lead_id)
    deal = anna.read("crm.lead", lead_id, "type", "user_id", "partner_id", "phone_sanitized")
    assert (deal["type"], deal["user_id"], deal["phone_sanitized"]) == ("opportunity", anna.user_id, "+79123456701")
    assert office.place(lead_id) == ("funnel_deals", "stage_deal_specification")
    contact = anna.read("res.partner", deal["partner_id"], "name", "commercial_company_name")
    assert contact == {"name": "Вера Мороз", "commercial_company_name": "ООО «Север»"}
    assert office.admin.count("res.partner") == partners + 2, "a contact and its company"


def test_a_known_client_gets_a_deal_and_no_second_contact(office, anna):
    partner_id = anna.create("res.partner", name="Старый клиент", email="old@example.com")
    lead_id = office.qualified_lead(email_from="old@example.com")
    partners = office.admin.count("res.partner")
    office.convert(lead_id)
    assert anna.read("crm.lead", lead_id, "type", "partner_id") == {"type": "opportunity", "partner_id": partner_id}
    assert office.admin.count("res.partner") == partners


def test_several_leads_are_converted_all_or_none(office, anna):
    complete = [office.qualified_lead(contact_name=name) for name in ("Ольга", "Пётр")]
    incomplete = office.qualified_lead(contact_name="Роман", source_id=False)
    with office.refused("Роман\n• Fill in: Source"):
        office.convert_together([*complete, incomplete])
    office.convert_together(complete)
    deals = [("funnel_deals", "stage_deal_specification")] * 2
    assert [office.place(lead_id) for lead_id in complete] == deals
    assert office.place(incomplete) == ("funnel_leads", "stage_lead_new")


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
# AFTERNOON: A DEAL IS PAID
# ------------------------------------------------------------


def test_an_unpaid_deal_is_not_won(office, anna, unpaid_deal):
    amounts = "Fill in: Contract Amount, Received Amount"
    unpaid = "The client has not paid the whole contract amount yet"
    with office.refused(amounts):
        anna.call("crm.lead", "action_set_won_rainbowman", [unpaid_deal])
    anna.write("crm.lead", unpaid_deal, contract_amount=100000, received_amount=99999.99)
    with office.refused(unpaid):
        anna.call("crm.lead", "action_set_won_rainbowman", [unpaid_deal])
    with office.refused(unpaid):
        office.move(unpaid_deal, "stage_deal_won")
    with office.refused(unpaid):
        anna.write("crm.lead", unpaid_deal, stage_id=anna.ref("stage_deal_won"), probability=100)


def test_several_deals_are_moved_all_or_none(office, anna):
    amounts = {"contract_amount": 100, "received_amount": 100}
    paid, unpaid = office.worked_deal(name="Стол", **amounts), office.worked_deal(name="Стул")
    with office.refused("Стул\n• Fill in: Contract Amount, Received Amount") as caught:
        anna.write("crm.lead", [paid, unpaid], stage_id=anna.ref("stage_deal_won"))
    assert "Стол" not in str(caught.value)


def test_a_deal_is_not_won_from_an_early_stage_either(office, anna, deal):
    with office.refused("Fill in: Contract Amount, Received Amount"):
        anna.call("crm.lead", "action_set_won_rainbowman", [deal])


def test_a_paid_deal_is_won(office, anna, paid_deal):
    assert anna.read("crm.lead", paid_deal, "won_status", "amount_due") == {"won_status": "won", "amount_due": 0}
    assert office.place(paid_deal) == ("funnel_deals", "stage_deal_won")


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

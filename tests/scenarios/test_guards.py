"""Evening in the sales department: who may do what, who did what, and what the screen asks before a card is dropped."""

import json


def test_nobody_writes_the_log_by_hand(office, anna, paid_deal):
    [move, *_rest] = anna.rows("funnel.move", [("lead_id", "=", paid_deal)], "id")
    for desk in (anna, office.boris, office.admin):
        with office.refused("Stage Move", kind="AccessError"):
            desk.write("funnel.move", move["id"], reason="It was not me")
        with office.refused("Stage Move", kind="AccessError"):
            desk.create("funnel.move", lead_id=paid_deal, kind="won", date="2026-01-01 00:00:00")
        with office.refused("Stage Move", kind="AccessError"):
            desk.call("funnel.move", "unlink", [move["id"]])
        with office.refused("Stage Move", kind="AccessError"):
            desk.write("crm.lead", paid_deal, funnel_move_ids=[(2, move["id"])])


def test_the_leads_of_a_colleague_stay_unseen(office, anna):
    lead_id = office.new_lead(office.clara, contact_name="Клиент Клары")
    [move] = office.log(lead_id, office.clara)
    move_id = office.clara.rows("funnel.move", [("lead_id", "=", lead_id)], "id")[0]["id"]
    assert move["kind"] == "created"
    assert anna.count("crm.lead", ("id", "=", lead_id)) == 0
    assert office.log(lead_id, anna) == []
    [group] = anna.call("funnel.move", "formatted_read_group", [("lead_id", "=", lead_id)], [], ["__count"])
    assert group["__count"] == 0
    with office.refused("(crm.lead)", kind="AccessError"):
        anna.call("crm.lead", "read", [lead_id], ["name"])
    with office.refused("(funnel.move)", kind="AccessError"):
        anna.call("funnel.move", "read", [move_id], ["kind"])
    with office.refused("(crm.lead)", kind="AccessError"):
        anna.call("crm.lead", "funnel_check_move", [lead_id], anna.ref("stage_lead_contact"))
    with office.refused("(crm.lead)", kind="AccessError"):
        office.move(lead_id, "stage_lead_contact")


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


def verdict(office, lead_id, stage, desk=None):
    desk = desk or office.anna
    with office.nothing_written():
        answer = desk.call("crm.lead", "funnel_check_move", [lead_id], desk.ref(stage))
    assert json.loads(json.dumps(answer)) == answer
    return answer


def test_the_verdict_lets_pass(office, unpaid_deal):
    answer = verdict(office, unpaid_deal, "stage_deal_contract")
    assert (answer["status"], answer["missing_fields"], answer["can_override"]) == ("ok", [], False)
    assert (answer["lead"]["id"], answer["stage"]["name"]) == (unpaid_deal, "Contract / invoice")


def test_the_verdict_names_what_has_to_be_done(office, deal):
    answer = verdict(office, deal, "stage_deal_shipment")
    assert answer["status"] == "needs_approval"
    assert [task["name"] for task in answer["tasks"]][:2] == [
        "Check the stock or the delivery time",
        "Prepare the proposal",
    ]
    assert [(item["name"], item["state"], item["people"], item["can_do"]) for item in answer["approvals"]] == [
        ("Contract agreed", "open", ["Boris"], False),
        ("Contract signed", "open", ["Boris"], False),
    ]


def test_an_approval_is_asked_for_refused_and_given(office, anna, deal):
    template = anna.ref("task_deal_contract_agreed")
    anna.write("crm.lead", deal, funnel_task_ids=[(0, 0, {"template_id": template, "state": "requested"})])
    [task] = office.boris.rows("funnel.task", [("is_mine", "=", True), ("lead_id", "=", deal)], "id", "state")
    assert task["state"] == "requested"
    with office.refused("Boris", kind="AccessError"):
        anna.call("funnel.task", "action_approve", [task["id"]])
    with office.refused("Write why it is refused"):
        office.boris.write("funnel.task", task["id"], state="refused")
    office.boris.write("funnel.task", task["id"], state="refused", comment="Нет спецификации")
    assert anna.read("funnel.task", task["id"], "state", "comment") == {
        "state": "refused",
        "comment": "Нет спецификации",
    }
    anna.call("funnel.task", "action_request", [task["id"]])
    office.boris.call("funnel.task", "action_approve", [task["id"]])
    assert anna.read("crm.lead", deal, "funnel_approval_state") == {"funnel_approval_state": False}


def test_the_verdict_asks_for_what_is_missing(office, unpaid_deal):
    answer = verdict(office, unpaid_deal, "stage_deal_won")
    assert answer["status"] == "fixable"
    fields = [(item["name"], item["type"], item["string"]) for item in answer["missing_fields"]]
    assert fields == [
        ("contract_amount", "monetary", "Contract Amount"),
        ("received_amount", "monetary", "Received Amount"),
    ]
    assert [item["message"] for item in answer["requirements"]] == [
        "Fill in: Contract Amount, Received Amount",
        "The client has not paid the whole contract amount yet",
    ]


def test_the_verdict_forbids_what_the_gate_would_refuse(office, deal):
    answer = verdict(office, deal, "stage_lead_contact")
    assert answer["status"] == "forbidden"
    assert answer["reasons"] == ["The stage “Primary contact” does not belong to the funnel “Deals”."]
    assert "Shipment" in [stage["name"] for stage in answer["allowed_stages"]]


def test_there_is_no_verdict_on_going_nowhere(office, anna, deal):
    for nowhere in (False, 0, 999999, "Won"):
        with office.refused("There is no stage with the id", kind="UserError"):
            anna.call("crm.lead", "funnel_check_move", [deal], nowhere)


def test_the_verdict_tells_the_head_that_he_may_override(office, unpaid_deal):
    assert verdict(office, unpaid_deal, "stage_deal_won", office.boris)["can_override"] is True

"""What became of the stays of leads in their stages, as the log tells it."""

import random

from .common import FunnelCase, far_away


class TestStays(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.away = cls.env["crm.stage"].create(
            {"name": "No answer", "sequence": 9, "is_side_stage": True, "team_ids": [(4, cls.deals.id)]}
        )

    def go(self, *stages, **values):
        """Return a deal that has gone through stages."""
        deal = self.make_deal(**values)
        for stage in stages:
            deal.with_user(self.manager).stage_id = stage
        return deal

    def stays(self, deal):
        """Return stage and outcome of the stays of a deal, from the first to the last."""
        moves = deal.sudo().funnel_move_ids.filtered("outcome").sorted("id")
        return [(move.to_stage_id.name, move.outcome) for move in moves]

    def test_on_and_back(self):
        deal = self.go(self.measurement, self.estimate, self.contract)
        self.assertEqual(
            self.stays(deal),
            [("Estimate", "forward"), ("Measurement", "back"), ("Estimate", "forward"), ("Contract", "here")],
        )
        first = deal.funnel_move_ids.sorted("id")[0]
        self.assertEqual((first.next_stage_id, first.left_date), (self.measurement, self.env.cr.now()))

    def test_a_side_stage_decides_nothing(self):
        deal = self.go(self.away)
        self.assertEqual(self.stays(deal), [("Estimate", "aside"), ("No answer", "here")])
        deal.stage_id = self.estimate
        self.assertEqual(self.stays(deal), [("Estimate", "aside"), ("No answer", "forward"), ("Estimate", "here")])
        deal.stage_id = self.measurement
        self.assertEqual([outcome for _stage, outcome in self.stays(deal)], ["forward", "forward", "forward", "here"])

    def test_lost_and_reopened(self):
        deal = self.go(self.measurement)
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual(self.stays(deal), [("Estimate", "forward"), ("Measurement", "lost")])
        loss = deal.funnel_move_ids.filtered(lambda move: move.kind == "lost")
        self.assertFalse(loss.left_date or loss.outcome)
        deal.with_user(self.manager).action_unarchive()
        self.assertEqual(self.stays(deal)[1:], [("Measurement", "lost"), ("Measurement", "here")])
        self.assertTrue(loss.left_date, "that is over")

    def test_won(self):
        deal = self.go(self.contract)
        deal.action_set_won()
        self.assertEqual(self.stays(deal), [("Estimate", "forward"), ("Contract", "won"), ("Done", "won")])

    def test_an_override_into_the_won_stage_wins_too(self):
        self.demand(self.done, "city")
        deal = self.make_deal()
        deal.with_user(self.head).funnel_override_move(self.done.id, "Paid long ago")
        self.assertEqual(deal.sudo().funnel_move_ids.mapped("kind").count("override"), 1)
        self.assertEqual(self.stays(deal), [("Estimate", "won"), ("Done", "won")])

    def test_converted(self):
        lead = self.make_leads(self.leads, user_id=self.salesperson.id)
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual(self.stays(lead), [("New", "forward"), ("Estimate", "here")])

    def test_deferred_and_resumed(self):
        self.make_months(self.deals)
        deal = self.go(self.measurement)
        deal.with_user(self.manager).write({"team_id": self.deals.deferred_team_id.id, **far_away()})
        self.assertEqual([outcome for _stage, outcome in self.stays(deal)], ["forward", "deferred", "here"])
        deal.with_user(self.manager).write({"team_id": self.deals.id, "stage_id": self.measurement.id})
        outcomes = [outcome for _stage, outcome in self.stays(deal)]
        self.assertEqual(outcomes, ["forward", "deferred", "forward", "here"])

    def test_out_of_the_funnels(self):
        stock = self.env["crm.team"].create({"name": "Stock"})
        deal = self.go(self.measurement)
        deal.sudo().team_id = stock
        self.assertEqual([outcome for _stage, outcome in self.stays(deal)][:2], ["forward", "left"])

    def test_what_was_merged_stands_nowhere_else(self):
        first, second = self.go(contact_name="Ivan"), self.go(self.measurement, contact_name="Ivan")
        merged = (first | second).sudo().merge_opportunity()
        outcomes = [outcome for _stage, outcome in self.stays(merged)]
        self.assertEqual((len(outcomes), outcomes.count("here")), (3, 1))

    def test_what_is_told_at_an_upgrade_is_what_was_told_on_the_way(self):
        self.make_months(self.deals)
        deals = self.go(self.measurement, self.away, self.contract) | self.go(self.away, self.estimate) | self.go()
        deals[0].action_set_won()
        deals[1].action_set_lost(lost_reason_id=self.price.id)
        self.expect_what_the_log_tells(deals)

    def expect_what_the_log_tells(self, deals, message=None):
        names = ["outcome", "left_date", "next_stage_id"]
        self.env.invalidate_all()
        before = deals.sudo().funnel_move_ids.read(names)
        self.env.cr.execute("UPDATE funnel_move SET outcome = NULL, left_date = NULL, next_stage_id = NULL")
        self.env["funnel.move"]._follow_all_stays()
        self.env.invalidate_all()
        self.assertEqual(deals.sudo().funnel_move_ids.read(names), before, message)

    def test_any_way_is_told_as_the_whole_log_tells_it(self):
        """What is told of a move within a funnel by itself is the same, whatever was before it."""
        self.make_months(self.deals)
        self.away.copy({"name": "Abroad", "team_ids": [(4, self.deals.id)]})
        stages = self.deals.stage_ids.filtered(lambda stage: not stage.is_won)
        stock = self.env["crm.team"].create({"name": "Stock"})
        for seed in range(30):
            chance = random.Random(seed)
            deal = self.make_deal(stage_id=chance.choice(stages).id)
            for _step in range(8):
                deal = self.take_a_step(deal.with_user(self.manager), chance, stages, stock)
            told = f"seed {seed}: {deal.sudo().funnel_move_ids.mapped('kind')}"
            if deal.team_id == self.deals:
                deal.with_user(self.manager).stage_id = chance.choice(stages - deal.stage_id)
            self.expect_what_the_log_tells(deal, told)

    def take_a_step(self, deal, chance, stages, stock):
        """Let something happen to a deal at random, and return the deal that is left of it."""
        luck, is_lost = chance.random(), deal.won_status == "lost"
        if is_lost and luck < 0.7:
            deal.action_unarchive()
        elif not is_lost and luck < 0.1:
            deal.action_set_lost(lost_reason_id=self.price.id)
        elif not is_lost and luck < 0.2:
            other = self.make_deal(stage_id=chance.choice(stages).id)
            return (deal | other).sudo().merge_opportunity()
        elif deal.team_id != self.deals:
            deal.write({"team_id": self.deals.id, "stage_id": chance.choice(stages).id})
        elif not is_lost and luck < 0.4:
            elsewhere = {"team_id": self.deals.deferred_team_id.id, **far_away()}
            deal.sudo().write(elsewhere if luck < 0.3 else {"team_id": stock.id})
        else:
            deal.stage_id = chance.choice(stages)
        return deal

    def test_a_side_stage_that_is_none_any_more(self):
        deal = self.go(self.away)
        self.away.is_side_stage = False
        deal.with_user(self.manager).stage_id = self.contract
        self.expect_what_the_log_tells(deal)
        self.assertNotIn("aside", [outcome for _stage, outcome in self.stays(deal)])

    def test_what_a_merge_brought_in_is_ended_by_the_next_move(self):
        deal, double = self.go(self.contract, contact_name="Ivan"), self.go(contact_name="Ivan")
        deal.sudo().priority = "3"
        merged = (deal | double).sudo().merge_opportunity()
        self.assertEqual(merged.stage_id, self.contract)
        merged.with_user(self.manager).stage_id = self.measurement
        self.expect_what_the_log_tells(merged)
        self.assertNotIn("left", [outcome for _stage, outcome in self.stays(merged)])


class TestTimeInStages(FunnelCase):
    """What the status bar of a lead tells: how long it has been in each stage."""

    def go(self, *steps):
        """Return a deal with these steps in its log: kind, from, to, hours before now, hours in the stage left."""
        deal = self.make_deal()
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM funnel_move WHERE lead_id = %s", [deal.id])
        for kind, origin, target, hours, spent in steps:
            self.env.cr.execute(
                """INSERT INTO funnel_move (lead_id, kind, from_stage_id, to_stage_id, date, hours_in_stage)
                   VALUES (%s, %s, %s, %s, (now() AT TIME ZONE 'UTC') - %s * INTERVAL '1 hour', %s)""",
                [deal.id, kind, origin.id or None, target.id or None, hours, spent],
            )
        self.env.invalidate_all()
        return deal

    def put(self, deal, stage):
        """Let a deal stand in a stage, whatever its log says."""
        self.env.cr.execute("UPDATE crm_lead SET stage_id = %s WHERE id = %s", [stage.id, deal.id])
        self.env.invalidate_all()

    def hours(self, deal):
        return {int(stage_id): spent / 3600 for stage_id, spent in deal.duration_tracking.items()}

    def test_as_the_log_tells_it(self):
        nowhere = self.env["crm.stage"]
        deal = self.go(
            ("created", nowhere, self.estimate, 10, 0),
            ("moved", self.estimate, self.measurement, 8, 2),
            ("moved", self.measurement, self.estimate, 5, 3),
            ("lost", self.estimate, self.estimate, 4, 1),
            ("reopened", self.estimate, self.estimate, 1, 0),
        )
        told = {self.estimate.id: 2 + 1 + 1, self.measurement.id: 3}
        self.assertEqual(self.hours(deal), told, "not while it was lost")
        self.env.invalidate_all()
        [values] = deal.with_user(self.salesperson).web_read({"duration_tracking": {}, "funnel_has_timers": {}})
        seconds = {int(stage_id): spent for stage_id, spent in values["duration_tracking"].items()}
        self.assertEqual(seconds, {stage_id: 3600 * hours for stage_id, hours in told.items()})

    def test_what_a_merge_brought_in_is_no_time_of_this_lead(self):
        nowhere = self.env["crm.stage"]
        deal = self.go(
            ("created", nowhere, self.estimate, 10, 0),
            ("moved", self.estimate, self.contract, 8, 2),
            ("created", nowhere, self.estimate, 5, 0),
        )
        deal.sudo().with_context(mail_notrack=True).stage_id = self.contract
        self.env.cr.execute(
            "DELETE FROM funnel_move WHERE lead_id = %s AND date > now() - INTERVAL '1 hour'", [deal.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.hours(deal), {self.estimate.id: 2, self.contract.id: 8})

    def test_moved_while_it_was_lost(self):
        deal = self.go(
            ("created", self.env["crm.stage"], self.estimate, 10, 0),
            ("lost", self.estimate, self.estimate, 8, 2),
            ("moved", self.estimate, self.measurement, 6, 0),
            ("reopened", self.measurement, self.measurement, 1, 0),
        )
        self.put(deal, self.measurement)
        self.assertEqual(self.hours(deal), {self.estimate.id: 2, self.measurement.id: 1})

    def test_what_was_before_the_log(self):
        """A team becomes a funnel: of leads that it had the log begins with their first move."""
        deal = self.go(("moved", self.estimate, self.measurement, 8, 30))
        self.put(deal, self.measurement)
        self.assertEqual(self.hours(deal), {self.estimate.id: 30, self.measurement.id: 8})

    def test_without_a_log_as_odoo_counts(self):
        deal = self.go()
        lead = self.make_leads(self.env["crm.team"].create({"name": "Ordinary"}))
        for record in deal, lead:
            self.assertEqual(list(record.duration_tracking), [str(record.stage_id.id)])

    def test_it_follows_a_move(self):
        deal = self.go(("created", self.env["crm.stage"], self.estimate, 10, 0))
        self.assertEqual(set(self.hours(deal)), {self.estimate.id})
        deal.with_user(self.manager).stage_id = self.measurement
        self.assertEqual(self.hours(deal), {self.estimate.id: 10, self.measurement.id: 0})

    def test_many_leads_cost_no_more(self):
        deals = self.env["crm.lead"].union(*(self.make_deal() for _number in range(5)))
        deals.mapped("duration_tracking")
        self.env.invalidate_all()
        deals.mapped("team_id")
        with self.assertQueryCount(1):
            deals.mapped("duration_tracking")

"""Attacks: deferred deals whose activity is moved, whose funnels change, that are merged and copied."""

from ..test_deferral import DeferralCase


class TestMerge(DeferralCase):
    def merge(self, deals, team=None):
        """Merge deals as the head of all does, by the dialog."""
        Dialog = self.env["crm.merge.opportunity"].with_user(self.manager).with_context(active_ids=deals.ids)
        dialog = Dialog.create({"team_id": team.id} if team else {})
        dialog.action_merge()
        return deals.exists()

    def test_a_deal_that_goes_on_does_not_vanish_in_one_that_waits(self):
        for team in (None, self.deals):
            waiting, deal = self.defer(), self.make_deal(stage_id=self.contract.id)
            merged = self.merge(waiting | deal, team)
            self.assertEqual((merged, merged.stage_id), (deal, self.contract))
            self.assertFalse(merged.deferral_date or self.planned(merged))

    def test_unless_somebody_wants_it_to(self):
        waiting, deal = self.defer(), self.make_deal(stage_id=self.contract.id)
        merged = self.merge(waiting | deal, self.later)
        self.assertEqual((merged, merged.stage_id), (waiting, self.month(3)))
        self.assertEqual(self.planned(merged).date_deadline, merged.deferral_date)

    def test_deals_that_wait_go_on_where_they_were(self):
        self.measurement.is_irreversible = True
        deals = self.defer(stage_id=self.contract.id) | self.defer("2027-02-28", stage_id=self.contract.id)
        merged = self.merge(deals, self.deals)
        self.assertEqual((merged.team_id, merged.stage_id), (self.deals, self.contract))
        self.assertFalse(merged.deferral_date or self.planned(merged))

    def test_a_deal_that_goes_on_does_not_vanish_in_a_lost_one(self):
        lost, deal = self.make_deal(stage_id=self.contract.id), self.make_deal()
        lost.action_set_lost(lost_reason_id=self.gone.id)
        merged = self.merge(lost | deal)
        self.assertEqual((merged, merged.won_status, merged.stage_id), (deal, "pending", self.estimate))

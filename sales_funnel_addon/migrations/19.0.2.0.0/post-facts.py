def migrate(cr, version):
    """Tell of the leads of an earlier version what is written down since, as far as the database knows it.

    What became of each stay, the first funnel of a lead and the amounts from documents are filled in where their
    columns are made.
    """
    _name_standing_losses(cr)
    _name_former_losses(cr)
    _let_funnels_defer(cr)


def _name_standing_losses(cr):
    """The last loss of a lead that is lost has the reason of the lead."""
    cr.execute(
        """UPDATE funnel_move AS move SET lost_reason_id = lead.lost_reason_id
             FROM crm_lead AS lead
            WHERE lead.id = move.lead_id AND lead.won_status = 'lost' AND lead.lost_reason_id IS NOT NULL
              AND move.kind = 'lost' AND move.left_date IS NULL AND move.lost_reason_id IS NULL"""
    )


def _name_former_losses(cr):
    """Of leads that were restored since, only the text is left: the name of the reason, and perhaps a comment."""
    cr.execute(
        """UPDATE funnel_move AS move SET lost_reason_id = found.reason_id
             FROM (SELECT DISTINCT ON (lost.id) lost.id AS move_id, reason.id AS reason_id
                     FROM funnel_move AS lost
                     JOIN (SELECT id, (jsonb_each_text(name)).value AS name FROM crm_lost_reason) AS reason
                       ON lost.reason = reason.name OR starts_with(lost.reason, reason.name || ' — ')
                    WHERE lost.kind = 'lost' AND lost.lost_reason_id IS NULL
                    ORDER BY lost.id, length(reason.name) DESC, reason.id) AS found
            WHERE found.move_id = move.id"""
    )


def _let_funnels_defer(cr):
    """A funnel whose deals were deferred goes on to defer into the funnel where they went last."""
    cr.execute(
        """UPDATE crm_team AS team SET deferred_team_id = used.to_team_id
             FROM (SELECT DISTINCT ON (move.from_team_id) move.from_team_id, move.to_team_id
                     FROM funnel_move AS move
                     JOIN crm_team AS there ON there.id = move.to_team_id AND there.funnel_kind = 'deferred'
                     JOIN crm_team AS here ON here.id = move.from_team_id AND here.funnel_kind = 'deal'
                    WHERE move.kind = 'deferred'
                      AND (there.company_id IS NULL OR there.company_id = here.company_id)
                    ORDER BY move.from_team_id, move.date DESC, move.id DESC) AS used
            WHERE used.from_team_id = team.id AND team.deferred_team_id IS NULL"""
    )

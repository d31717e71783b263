#: The kinds of funnels whose leads are matched, or will be as soon as they go on: those of deferred demand.
KINDS = ("lead", "deal", "deferred")


def migrate(cr, version):
    """Mark whose clients were known before, as the engine would say of one lead after the other.

    Nobody is told of it, and what is noted now is not looked for again: a number that is added later makes no other
    client of an old lead. All of it is told by a few statements, for the leads of many years are many.
    """
    _read_keys(cr)
    cr.execute(
        """CREATE TEMP TABLE funnel_upgrade_known ON COMMIT DROP AS
           SELECT DISTINCT id FROM (
               SELECT id, since, company_id,
                      -- facts without a company are everybody's, others only those of their own
                      row_number() OVER in_all AS place, row_number() OVER in_company AS place_in_company,
                      count(*) FILTER (WHERE company_id IS NULL) OVER in_all AS places_of_all
                 FROM funnel_upgrade_request
               WINDOW in_all AS (PARTITION BY key ORDER BY since, id),
                      in_company AS (PARTITION BY key, company_id ORDER BY since, id)) AS request
            WHERE CASE WHEN company_id IS NULL THEN place ELSE place_in_company + places_of_all END > 1
            UNION
           SELECT id FROM funnel_upgrade_request AS request
            WHERE EXISTS (
                SELECT FROM funnel_upgrade_contact AS contact
                 WHERE contact.key = request.key AND contact.since <= request.since
                   AND (contact.company_id IS NULL OR request.company_id IS NULL
                        OR contact.company_id = request.company_id)
                   -- the contact that a lead is linked to, or its company, says something new if it is somebody else's
                   AND (request.family_id IS NULL OR contact.family_id IS DISTINCT FROM request.family_id
                        OR contact.user_id != request.user_id))"""
    )
    cr.execute("ANALYZE funnel_upgrade_known")
    cr.execute(
        """UPDATE crm_lead AS lead
              SET matched_keys = concat_ws(' ', lead.client_keys, '=' || lead.partner_id),
                  is_repeat_client = CASE WHEN known.id IS NOT NULL THEN TRUE END
             FROM crm_lead AS same
             JOIN crm_team AS team ON team.id = same.team_id AND team.funnel_kind IN %s
             LEFT JOIN funnel_upgrade_known AS known ON known.id = same.id
            WHERE same.id = lead.id AND lead.matched_keys IS NULL
              AND (lead.client_keys IS NOT NULL OR lead.partner_id IS NOT NULL)""",
        [KINDS],
    )


def _read_keys(cr):
    """Lay out by what clients are found: a row for each key of each request, and of each contact but colleagues."""
    cr.execute(
        """CREATE TEMP TABLE funnel_upgrade_request ON COMMIT DROP AS
           SELECT lead.id, key, COALESCE(lead.client_date, lead.create_date) AS since, lead.company_id, lead.user_id,
                  partner.commercial_partner_id AS family_id
             FROM crm_lead AS lead
             LEFT JOIN res_partner AS partner ON partner.id = lead.partner_id
            CROSS JOIN LATERAL unnest(string_to_array(concat_ws(' ', lead.client_keys, '=' || lead.partner_id), ' '))
                    AS key"""
    )
    cr.execute(
        """CREATE TEMP TABLE funnel_upgrade_contact ON COMMIT DROP AS
           SELECT key, partner.create_date AS since, partner.company_id, partner.user_id,
                  partner.commercial_partner_id AS family_id
             FROM res_partner AS partner
            CROSS JOIN LATERAL unnest(string_to_array(concat_ws(' ', partner.client_keys, '=' || partner.id), ' '))
                    AS key
            WHERE NOT EXISTS (SELECT FROM res_users WHERE partner_id = partner.id AND share IS NOT TRUE)"""
    )
    cr.execute("CREATE INDEX ON funnel_upgrade_contact (key)")
    cr.execute("ANALYZE funnel_upgrade_request, funnel_upgrade_contact")

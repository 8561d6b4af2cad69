"""The SQL of the four questions that come with the house."""

from typing import Final

CONCENTRATION: Final = """\
WITH held AS (
  SELECT market, account, arg_max(quantity, event) AS quantity
  FROM positions GROUP BY market, account
), ranked AS (
  SELECT market, abs(quantity)::HUGEINT AS size, quantity > 0 AS is_long,
         row_number() OVER (PARTITION BY market ORDER BY abs(quantity) DESC) AS place
  FROM held WHERE quantity <> 0
)
SELECT m.symbol, count(*) AS holders,
       sum(size) FILTER (is_long)::DECIMAL(25,0) * m.quantity_unit AS open_interest,
       (1000000 * sum(size) FILTER (place = 1)) // sum(size) AS largest_ppm,
       (1000000 * sum(size) FILTER (place <= 10)) // sum(size) AS ten_largest_ppm
FROM ranked JOIN markets m USING (market)
WHERE $market = '' OR m.symbol = $market
GROUP BY m.symbol, m.quantity_unit
ORDER BY ten_largest_ppm DESC, m.symbol"""

REVENUE: Final = """\
WITH paid AS (
  SELECT market, taker_tier AS tier, sum(taker_fee) AS fee, count(*) AS fills
  FROM fills WHERE fill_kind = 'trade' AND time >= $since GROUP BY ALL
  UNION ALL
  SELECT market, maker_tier, sum(maker_fee), count(*)
  FROM fills WHERE fill_kind = 'trade' AND time >= $since GROUP BY ALL
)
SELECT q.display AS money, m.fee_schedule, tier, sum(fills) AS sides,
       sum(fee)::DECIMAL(25,0) * q.unit AS revenue
FROM paid JOIN markets m USING (market) JOIN assets q ON q.asset = m.quote
GROUP BY q.display, q.unit, m.fee_schedule, tier
ORDER BY money, m.fee_schedule, tier"""

CLIENTS_HIT: Final = """\
WITH hits AS (
  SELECT time, market, account, 'order cancelled' AS how FROM orders
  WHERE deed = 'cancelled' AND reason IN ('margin', 'liquidation')
  UNION ALL
  SELECT time, market, taker_account, 'liquidated' FROM fills WHERE fill_kind = 'liquidation'
  UNION ALL
  SELECT time, market, taker_account, 'unwound' FROM fills WHERE fill_kind = 'unwind'
  UNION ALL
  SELECT time, market, maker_account, 'unwound' FROM fills WHERE fill_kind = 'unwind'
)
SELECT c.id AS change, c.title, m.symbol, c.applied,
       count(DISTINCT h.account) AS clients_hit,
       count(DISTINCT h.account) FILTER (h.how = 'order cancelled') AS lost_orders,
       count(DISTINCT h.account) FILTER (h.how = 'liquidated') AS liquidated,
       count(DISTINCT h.account) FILTER (h.how = 'unwound') AS unwound,
       c.predicted_below_initial, c.predicted_below_maintenance
FROM changes c
LEFT JOIN markets m USING (market)
LEFT JOIN hits h ON h.market = c.market AND h.time >= c.applied
  AND h.time < c.applied + to_minutes($minutes)
WHERE c.applied IS NOT NULL
GROUP BY ALL
ORDER BY clients_hit DESC, change"""

ALERT_TO_CHANGE: Final = """\
WITH first AS (
  SELECT a.id AS alert, min(c.applied) AS applied, arg_min(c.id, c.applied) AS change
  FROM alerts a JOIN changes c ON c.incident = a.incident AND c.applied >= a.raised
  WHERE a.incident <> 0 GROUP BY a.id
)
SELECT a.id AS alert, a.rule, a.severity, m.symbol, a.raised,
       date_diff('second', a.raised, a.acknowledged) AS seconds_to_acknowledge,
       f.change, f.applied, date_diff('second', a.raised, f.applied) AS seconds_to_change,
       date_diff('second', a.raised, a.resolved) AS seconds_to_resolve
FROM alerts a LEFT JOIN first f ON f.alert = a.id LEFT JOIN markets m USING (market)
WHERE a.raised >= $since
ORDER BY a.raised DESC, a.id"""

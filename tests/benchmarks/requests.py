"""What is asked for over GraphQL."""

from __future__ import annotations

ORDER_PAGE = """query ($first: Int!) {
  orders(first: $first, filter: {day: "2026-03-03"}) {
    nodes {
      id number status promisedAt expectedAt lateByS
      lines {
        number quantity status
        sku { id name }
        allocations { quantity state availableAt reason }
      }
      shipments {
        id status weightG
        stop { sequence arriveAt route { id departsAt vehicle { id name } } }
      }
    }
  }
}"""

LATENESS = """query ($id: ID!) {
  order(id: $id) { lateByS lateness { lateByS causes { kind lateByS words chainIds } } } }"""

LATE_ORDERS = """{ lateOrders(first: 50) { nodes { id } } }"""

PLACE = """mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } userErrors { code message } } }"""

PLAN = """mutation ($input: PlanRoutesInput!) {
  planRoutes(input: $input) { job { id status } userErrors { code message } } }"""

JOB = """query ($id: ID!) { job(id: $id) { status outcome } }"""

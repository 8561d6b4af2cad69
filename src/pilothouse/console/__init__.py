"""The operators' door: hypermedia pages, one topic a folder of `pages/`, one live feed.

A page reads through `venue.views`, `control` and `records`, and writes only by the verbs of
`control`. Every object page answers the same facts as JSON at the same address.
"""

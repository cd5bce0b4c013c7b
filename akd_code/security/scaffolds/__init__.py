"""What tests of the catalogue are built with: each file is put, as text, in front of the tests that name it.

It then runs in the jail, in the names of the tests. Imports are renamed with an underscore: a program that forgot its
own import must not find one here.
"""

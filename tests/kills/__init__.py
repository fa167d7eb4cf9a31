"""The real server, killed again and again under load, and a driver that remembers what was answered.

python -m tests.kills rounds --count 200
python -m tests.kills proxy --requests 100000
python -m tests.kills bank --seconds 600
"""

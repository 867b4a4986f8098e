-- Every event of a session, and two messages over one connection.
--   -D ADDRESS=inet:port@host -D STEPS=0       the filter has to answer everything
--                             -D STEPS=2097151 it may decline events and replies
--
-- mt.negotiate() takes the protocol steps before the actions, whatever its manual page says.

local conn = mt.connect(ADDRESS, 40, 0.05)
if conn == nil then error("connect") end
mt.set_timeout(10)

local function sent(what, failure)
  if failure ~= nil then error(what .. ": " .. tostring(failure)) end
end

-- with a reply declined, the last one stays what it was: also continue
local function expect(what, failure, reply)
  sent(what, failure)
  if mt.getreply(conn) ~= reply then
    error(what .. ": reply " .. string.char(mt.getreply(conn)) .. ", not " .. string.char(reply))
  end
end

local function check(what, holds)
  if not holds then error("not so: " .. what) end
end

local function offered(option) return not mt.test_option(conn, option) end

local function begin(sender, recipients)
  mt.macro(conn, SMFIC_MAIL, "i", "QUEUEID", "{mail_addr}", sender)
  expect("mail", mt.mailfrom(conn, "<" .. sender .. ">", "SIZE=100", "BODY=8BITMIME"), SMFIR_CONTINUE)
  for _, recipient in ipairs(recipients) do
    mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}", recipient)
    expect("rcpt", mt.rcptto(conn, "<" .. recipient .. ">", "NOTIFY=NEVER"), SMFIR_CONTINUE)
  end
end

local function header(fields)
  if offered(SMFIP_NODATA) then expect("data", mt.data(conn), SMFIR_CONTINUE) end
  for _, field in ipairs(fields) do
    expect("header", mt.header(conn, field[1], field[2]), SMFIR_CONTINUE)
  end
  expect("eoh", mt.eoh(conn), SMFIR_CONTINUE)
end

local function session()
  sent("negotiate", mt.negotiate(conn, 6, tonumber(STEPS), 511))
  check("adds headers", mt.test_action(conn, SMFIF_ADDHDRS))
  check("changes headers", mt.test_action(conn, SMFIF_CHGHDRS))
  for _, action in ipairs({ SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT, SMFIF_QUARANTINE }) do
    check("no action that no filter wants", not mt.test_action(conn, action))
  end
  if STEPS == "0" then
    for _, option in ipairs({ SMFIP_NOCONNECT, SMFIP_NOHELO, SMFIP_NODATA, SMFIP_NOUNKNOWN }) do
      check("nothing declined that was not offered", offered(option))
    end
  end

  mt.macro(conn, SMFIC_CONNECT, "j", "mx.example.test", "{daemon_name}", "smtpd")
  expect("connect", mt.conninfo(conn, "client.example", "192.0.2.7"), SMFIR_CONTINUE)
  if offered(SMFIP_NOUNKNOWN) then expect("unknown", mt.unknown(conn, "FOO bar"), SMFIR_CONTINUE) end
  if offered(SMFIP_NOHELO) then expect("helo", mt.helo(conn, "client.example"), SMFIR_CONTINUE) end

  -- a message
  begin("first@example.com", { "b@example.com", "c@example.com" })
  expect("a third recipient", mt.rcptto(conn, "<d@example.com>"), SMFIR_REPLYCODE)
  header({ { "From", "first@example.com" }, { "X-Spam-Level", "9" }, { "Subject", "some\n\tthing" } })
  expect("body", mt.bodystring(conn, "This is a test!\r\n"), SMFIR_CONTINUE)
  expect("body", mt.bodyrandom(conn, 30000), SMFIR_CONTINUE)
  expect("eom", mt.eom(conn), SMFIR_CONTINUE)
  local space = STEPS == "0" and "" or " "
  check("X-Client added", mt.eom_check(conn, MT_HDRADD, "X-Client", space .. "192.0.2.7"))
  check("X-Queue inserted on top", mt.eom_check(conn, MT_HDRINSERT, "X-Queue", space .. "QUEUEID", 0))
  check("X-Spam-Level deleted", mt.eom_check(conn, MT_HDRDELETE, "X-Spam-Level"))
  check("results inserted", mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results"))
  check("dkim=none", string.find(mt.getheader(conn, "Authentication-Results", 0), "dkim=none", 1, true))
  check("body as it was", not mt.eom_check(conn, MT_BODYCHANGE))
  check("not held", not mt.eom_check(conn, MT_QUARANTINE))

  -- given up in its header
  begin("aborted@example.com", { "b@example.com" })
  if offered(SMFIP_NODATA) then expect("data", mt.data(conn), SMFIR_CONTINUE) end
  expect("header", mt.header(conn, "From", "aborted@example.com"), SMFIR_CONTINUE)
  sent("abort", mt.abort(conn))

  -- too large by its body
  begin("large@example.com", { "b@example.com" })
  header({ { "From", "large@example.com" } })
  expect("body", mt.bodystring(conn, string.rep("x", 60000)), SMFIR_CONTINUE)
  expect("too much body", mt.bodystring(conn, string.rep("x", 60000)), SMFIR_REPLYCODE)

  -- too large by its own word
  expect("declared", mt.mailfrom(conn, "<declared@example.com>", "SIZE=10000000"), SMFIR_REPLYCODE)

  -- and one without a body
  begin("last@example.com", { "d@example.com" })
  header({ { "From", "last@example.com" } })
  expect("eom", mt.eom(conn), SMFIR_CONTINUE)
  check("nothing of the first", not mt.eom_check(conn, MT_HDRDELETE))
  check("X-Client added", mt.eom_check(conn, MT_HDRADD, "X-Client", space .. "192.0.2.7"))

  mt.disconnect(conn)

  -- without a goodbye, in the middle of a message
  conn = mt.connect(ADDRESS)
  sent("connect", mt.conninfo(conn, "client.example", "unspec"))
  sent("mail", mt.mailfrom(conn, "<vanished@example.com>"))
  sent("header", mt.header(conn, "From", "vanished@example.com"))
  mt.disconnect(conn, false)
end

-- miltertest says nothing of an error itself
local done, failure = pcall(session)
mt.echo(done and "session done" or tostring(failure))

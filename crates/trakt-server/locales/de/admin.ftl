# Was Betreiber sehen: alle Verknüpfungen, das Protokoll, viele Zuordnungen auf einmal.
admin-health = Auf einen Blick
admin-health-unknown = Die Datenbank hat nicht rechtzeitig gezählt. Laden Sie die Seite in einer Weile neu.
admin-state = Zustand
admin-state-active = Verknüpft
admin-state-unverified = Nicht bestätigt
admin-state-needs-relink = Muss neu verknüpft werden
admin-state-locked = Von Trakt gesperrt
admin-state-active-links = Verknüpft
admin-state-unverified-links = Vom Benutzer nicht bestätigt
admin-state-needs-relink-links = Neu zu verknüpfen
admin-state-locked-links = Von Trakt gesperrt
admin-overdue = Überfällige Erneuerungen
admin-waiting = Änderungen, die auf Trakt warten
admin-waits-seconds = die älteste seit { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
admin-waits-minutes = die älteste seit { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
admin-waits-hours = die älteste seit { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
admin-waits-days = die älteste seit { $count ->
    [one] { $count } Tag
   *[other] { $count } Tagen
}
admin-failed = Benutzer, deren letzter Abgleich misslang
admin-held = Benutzer mit zurückgehaltenen Änderungen
admin-database = Datenbank
admin-database-ok = antwortet

admin-links = Alle Verknüpfungen
admin-links-none = Keine Verknüpfung passt.
admin-search = E-Mail-Adresse oder Trakt-Konto
admin-any = Alle
admin-find = Anzeigen
admin-all = Alle anzeigen
admin-user = Benutzer
admin-account = Trakt-Konto
admin-expires = Token endet
admin-synced = Letzter Abgleich
admin-deeds = Was zu tun ist
admin-nobody = niemand
admin-why-revoked = Trakt hat die Verbindung beendet.
admin-why-lost-answer = Sie riss ab, als das Token erneuert wurde.
admin-why-lost = Trakt hat einen Tag lang nicht geantwortet.
admin-why-unreadable = Das Token lässt sich nicht mehr lesen.
admin-refresh = Token jetzt erneuern
admin-disassociate = Verknüpfung beenden
admin-disassociate-now = Verknüpfung jetzt beenden
admin-data = Was an Daten dieses Benutzers da ist
admin-keep = Behalten
admin-purge = Endgültig löschen
admin-pages = Seiten der Liste
admin-page = Seite { $page } von { $last }, insgesamt { $total }

admin-done-associated = Das Konto ist zugeordnet. Der Benutzer muss es noch verknüpfen, um das zu bestätigen.
admin-done-disassociated = Die Verknüpfung ist beendet. Die Daten des Benutzers sind noch da.
admin-done-purged = Die Verknüpfung ist beendet, und die Daten des Benutzers sind gelöscht.
admin-done-refresh-asked = Die Erneuerung ist bestellt. Sie kommt in wenigen Sekunden, oder sobald eine Wartezeit vorbei ist, um die Trakt gebeten hat.
admin-done-refresh-under-way = Eine Erneuerung dieser Verknüpfung ist schon im Gange.
admin-refused-not-found = Diese Verknüpfung gibt es nicht mehr. Sehen Sie die Liste noch einmal an.
admin-refused-not-linked = Diese Verknüpfung hat kein Token: Der Benutzer hat sie noch nicht bestätigt.
admin-refused-needs-relink = Das Token dieser Verknüpfung gilt nicht mehr. Der Benutzer muss das Konto neu verknüpfen.

admin-claim = Konto zuordnen
admin-claim-hint = Gibt einem Benutzer ein Trakt-Konto, ohne ihn zu fragen. Es gilt als nicht bestätigt, bis der Benutzer es verknüpft.
admin-claim-email = E-Mail-Adresse des Benutzers
admin-claim-email-wrong = Das ist keine E-Mail-Adresse.
admin-claim-slug = Trakt-Slug
admin-claim-slug-wrong = Das kann kein Trakt-Slug sein. Er ist der letzte Teil der Adresse des Profils, ohne Leerzeichen und Schrägstriche.
admin-claim-replace = Ein anderes Trakt-Konto dieses Benutzers ersetzen
admin-claim-now = Zuordnen
admin-claim-user-not-found = Kein Benutzer hat diese Adresse. Prüfen Sie die Schreibweise, oder legen Sie den Benutzer erst an.
admin-claim-trakt-account-not-found = Trakt kennt kein Konto mit diesem Slug. Sehen Sie die Adresse des Profils bei Trakt an.
admin-claim-account-taken = Dieses Trakt-Konto hat ein anderer Benutzer. Beenden Sie erst jene Verknüpfung.
admin-claim-already-linked = Dieser Benutzer hat ein anderes Trakt-Konto. Haken Sie „ersetzen“ an, um dieses an seine Stelle zu setzen.
admin-claim-trakt-unavailable = Trakt antwortet gerade nicht. Senden Sie das Formular in einer Weile noch einmal.

admin-expiring = Verknüpfungen, die bald enden
admin-expiring-hint = Token werden lange vor ihrem Ende erneuert. Was nur noch Stunden hat, ist in Schwierigkeiten.
admin-expiring-none = Keine Verknüpfung hat ein Token.

admin-filter-user = Benutzer (E-Mail-Adresse oder Kennung)
admin-filter-user-wrong = Das ist weder eine E-Mail-Adresse noch die Kennung eines Benutzers.
admin-filter-since = Ab (UTC)
admin-filter-since-wrong = Das ist keine Zeit.
admin-filter-until = Vor (UTC)
admin-filter-until-wrong = Das ist keine Zeit.
admin-entries = Einträge
admin-entries-none = Kein Eintrag passt.
admin-export = Diese als JSON-Zeilen exportieren
admin-entry-when = Wann
admin-entry-what = Was
admin-entry-outcome = Ergebnis
admin-entry-actor = Von wem
admin-entry-subject = Bei wem
admin-entry-account = Trakt-Konto
admin-entry-from = Von wo
admin-outcome-succeeded = getan
admin-outcome-refused = abgelehnt
admin-event-flow-started = Verknüpfen begonnen
admin-event-linked = Konto verknüpft
admin-event-denied = Bei Trakt abgelehnt
admin-event-expired = Code abgelaufen
admin-event-conflict = Konto oder Benutzer vergeben
admin-event-replaced = Konto ersetzt
admin-event-unlinked = Verknüpfung gelöst
admin-event-data-purged = Daten gelöscht
admin-event-admin-associated = Von Verwalter zugeordnet
admin-event-admin-disassociated = Von Verwalter beendet
admin-event-sign-in-succeeded = Angemeldet
admin-event-sign-in-failed = Anmeldung misslungen
admin-event-signed-out = Abgemeldet
admin-event-access-refused = Zugriff verweigert
admin-event-limit-hit = Zu viele Anfragen
admin-event-token-refreshed = Token erneuert
admin-event-refresh-asked = Erneuerung bestellt
admin-event-needs-relink = Muss neu verknüpft werden
admin-event-brake-applied = Verluste zurückgehalten
admin-event-relink-withdrawn = Verlust zurückgenommen
admin-event-account-locked = Konto gesperrt
admin-event-account-unlocked = Konto entsperrt
admin-event-token-unreadable = Token unlesbar
admin-event-settings-changed = Einstellungen geändert
admin-event-user-added = Benutzer angelegt
admin-event-user-removed = Benutzer gelöscht
admin-event-audit-key-made = Schlüssel des Protokolls erzeugt
admin-event-audit-adopted = Einträge ins Protokoll aufgenommen
admin-event-audit-pruned = Älteste Einträge entfernt
admin-event-database-restored = Datenbank aus Sicherung hergestellt
admin-event-key-forgotten = Verlorener Schlüssel aufgegeben

admin-bulk-hint = Ordnet vielen Benutzern Trakt-Konten zu. Es geschieht nichts, bevor Sie gesehen haben, was aus jeder Zeile würde.
admin-bulk-limits = Die Datei ist CSV und hat höchstens { $most } Zeilen. Die erste Zeile nennt die Spalten; „replace“ kann fehlen.
admin-bulk-example = Sie sieht so aus:
admin-bulk-file = Datei wählen
admin-bulk-file-large = Diese Datei ist zu groß. Teilen Sie sie.
admin-bulk-csv = Zeilen der Datei
admin-bulk-check = Prüfen
admin-bulk-check-again = Noch einmal prüfen
admin-bulk-wrong-header = Die erste Zeile muss „user_email,trakt_slug“ oder „user_email,trakt_slug,replace“ sein.
admin-bulk-wrong-empty = Unter der ersten Zeile steht nichts.
admin-bulk-wrong-too-many = Es sind mehr als { $most } Zeilen. Teilen Sie die Datei.
admin-bulk-wrong-unreadable = Das lässt sich nicht als CSV lesen. Exportieren Sie die Datei noch einmal als CSV in UTF-8.
admin-bulk-checked = Was geschehen würde
admin-bulk-checked-hint = Es ist noch nichts geschehen. So steht es jetzt; ob Trakt ein Konto hat, wird erst beim Ausführen gefragt.
admin-bulk-changed = Die Zeilen sind nicht die, die Sie geprüft haben. Hier steht, was jetzt aus ihnen würde.
admin-bulk-run = Ausführen
admin-bulk-show = Zeilen { $from } bis { $to }
admin-bulk-show-file = Zeilen ansehen und ändern
admin-bulk-ran = Was geschehen ist
admin-bulk-all = Alle Zeilen sind erledigt.
admin-bulk-left = { $left } Zeilen sind noch übrig, ab Zeile { $line }. Machen Sie damit weiter.
admin-bulk-stopped-trakt = Vor Zeile { $line } angehalten: Trakt antwortet gerade nicht. Warten Sie eine Weile und machen Sie weiter.
admin-bulk-stopped-database = Bei Zeile { $line } angehalten: Wir haben nicht rechtzeitig geantwortet, und sie kann erledigt sein. Machen Sie weiter; noch einmal ändert nichts.
admin-bulk-stopped = Bei Zeile { $line } angehalten: Etwas ist schiefgegangen und wurde aufgeschrieben. Machen Sie weiter, oder lassen Sie sie aus.
admin-bulk-go-on = Weiter mit Zeile { $line }
admin-bulk-skip = Auslassen und weiter mit Zeile { $line }
admin-bulk-another = Andere Datei
admin-bulk-count-would = Würden zugeordnet
admin-bulk-count-already = Sind es schon
admin-bulk-count-not = Würden nicht erledigt
admin-bulk-count-associated = Zugeordnet
admin-bulk-count-refused = Nicht erledigt
admin-bulk-lines = Zeilen
admin-bulk-line = Zeile
admin-bulk-account = Trakt-Slug
admin-bulk-outcome = Ergebnis
admin-bulk-columns = Falsche Zahl von Spalten
admin-bulk-email = Keine E-Mail-Adresse
admin-bulk-slug = Kein Trakt-Slug
admin-bulk-replace = „replace“ muss yes oder no sein
admin-bulk-duplicate = Benutzer oder Konto steht schon in Zeile { $line }
admin-bulk-would = Würde zugeordnet
admin-bulk-would-replace = Würde { $slug } ersetzen
admin-bulk-already = Ist schon so
admin-bulk-linked-to = Benutzer ist mit { $slug } verknüpft, „replace“ ist nicht gesetzt
admin-bulk-already-linked = Benutzer ist mit einem anderen Konto verknüpft, „replace“ ist nicht gesetzt
admin-bulk-user-not-found = Kein Benutzer hat diese Adresse
admin-bulk-account-taken = Dieses Konto hat ein anderer Benutzer
admin-bulk-associated = Zugeordnet
admin-bulk-trakt-account-not-found = Trakt kennt kein solches Konto
